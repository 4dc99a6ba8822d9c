"""A real Chromium in a container, as a person would use it; driven by Selenium from the test's process."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import docker
from docker.models.containers import Container
from selenium.webdriver import ChromeOptions, Remote
from selenium.webdriver.remote.client_config import ClientConfig

from support.images import IMAGE_TAG, ROOT, base_image, once
from support.stack import ARTIFACTS, labels
from support.waiting import eventually

IMAGE = f"fastapi-sqlite/browser:{IMAGE_TAG}"
PICTURES = ARTIFACTS / "page"
HEIGHTS = {360: 740, 1280: 800}
GRAVE = {"serious", "critical"}


@dataclass(frozen=True)
class View:
    """How somebody looks at a page; `width` is in CSS pixels."""

    width: int = 1280
    dark: bool = False
    script: bool = True

    def __str__(self) -> str:
        """Name it for a test or a file."""
        return f"{'dark' if self.dark else 'light'}-{self.width}-{'script' if self.script else 'noscript'}"


class Browser:
    """One open tab."""

    def __init__(self, driver: Remote) -> None:
        self._driver = driver

    @contextmanager
    def showing(self, url: str, view: View, name: str) -> Iterator[None]:
        """Open a page; when the block fails, keep a screenshot and the console's log, and say where."""
        self.console()
        self._devtools("Emulation.setScriptExecutionDisabled", value=not view.script)
        self._devtools(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if view.dark else "light"}],
        )
        size = {"width": view.width, "height": HEIGHTS[view.width], "deviceScaleFactor": 1}
        self._devtools("Emulation.setDeviceMetricsOverride", **size, mobile=view.width < 600)
        self._driver.get(url)
        log: list[str] = []
        try:
            yield
            log = self.console()
            assert not log, "the browser complains in its console"
        except BaseException as error:
            kept = PICTURES / "failed"
            self.take_picture(f"failed/{name}")
            (kept / f"{name}.console.txt").write_text("\n".join(log or self.console()))
            error.add_note(f"screenshot and console: {kept}/{name}.*")
            raise
        finally:
            self._driver.get("about:blank")

    def ask(self, script: str, *arguments: Any) -> Any:
        """Give what a function body of JavaScript returns; works on a page with scripts off as well."""
        return self._driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """Give what a person reads there; nothing where it is hidden."""
        script = (
            "const part = document.querySelector(arguments[0]); return part.checkVisibility() ? part.innerText : ''"
        )
        return str(self.ask(script, selector))

    def title(self) -> str:
        """Give the words on the tab."""
        return self._driver.title

    def console(self) -> list[str]:
        """Give what was written to the console since the last time; what the policy forbids is written there too."""
        return [json.dumps(entry) for entry in self._driver.execute("getLog", {"type": "browser"})["value"]]

    def hidden_pixels(self) -> int:
        """Give how many pixels of the page one would have to scroll sideways to see."""
        return int(self.ask("const page = document.documentElement; return page.scrollWidth - page.clientWidth"))

    def spans(self, selector: str) -> list[tuple[float, float]]:
        """Give from where to where each of these shapes of a drawing reaches, in its pixels."""
        script = """return [...document.querySelectorAll(arguments[0])].map((shape) => {
            const {x, width} = shape.getBBox(); return [x, x + width]; })"""
        return [(begin, end) for begin, end in self.ask(script, selector)]

    def barriers(self) -> list[str]:
        """Give the serious and critical findings of axe-core: what keeps people from using the page."""
        axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.ask(axe)
        options = {"resultTypes": ["violations"], "preload": False}  # the rest is much to compute and to send
        found = "axe.run(arguments[0]).then(({violations}) => arguments[1](violations))"
        return [
            f"{finding['id']}: {finding['help']}: {node['html']}"
            for finding in self._driver.execute_async_script(found, options)
            if finding["impact"] in GRAVE
            for node in finding["nodes"]
        ]

    def take_picture(self, name: str) -> None:
        """Keep a screenshot of the whole page, also of what is below the fold."""
        path = PICTURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shot = self._devtools("Page.captureScreenshot", captureBeyondViewport=True, optimizeForSpeed=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _devtools(self, command: str, **parameters: Any) -> Any:
        return self._driver.execute_cdp_cmd(command, parameters)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Build the image where it is missing, and run one browser."""
    build_image()
    container: Container = docker.from_env().containers.run(
        IMAGE,
        detach=True,
        init=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        labels=labels(),
        # The page is on this machine's own loopback, which no firewall of the machine cuts off.
        network_mode="host",
    )
    try:
        config = ClientConfig(f"http://127.0.0.1:{_port_of(container)}", timeout=30)
        driver = Remote(config.remote_server_addr, options=_options(), client_config=config)
        try:
            yield Browser(driver)
        finally:
            driver.quit()
    finally:
        container.remove(force=True)


def build_image() -> None:
    """Build the image of the browser on the base image of all others, once in a run."""
    once("browser", _build_image)


def _build_image() -> None:
    command = ["docker", "build", "--quiet", "--build-arg", f"BASE_IMAGE={base_image()}", "--tag", IMAGE]
    built = subprocess.run([*command, str(ROOT / "tests/browser")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, (
        "the image of the browser cannot be built; apt in it needs the base image's own Debian mirrors, "
        f"which must be reachable:\n{built.stderr[-2000:]}"
    )


def _options() -> ChromeOptions:
    options = ChromeOptions()
    # The container is the sandbox; Chromium's own would need rights that it does not have there.
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


def _port_of(container: Container) -> int:
    def listens() -> int:
        found = re.search(r"started successfully on port (\d+)", container.logs().decode())
        assert found, "chromedriver has not said that it listens"
        return int(found[1])

    return eventually(listens, within=20)
