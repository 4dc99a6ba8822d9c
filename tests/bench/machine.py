"""What the numbers were measured on, for whoever reads them later."""

import json
import platform
from pathlib import Path

from bench.lab import Lab
from host import command

CPUINFO = Path("/proc/cpuinfo")


def describe(lab: Lab) -> dict[str, str]:
    """Describe machine, engine and versions."""
    info = lab.engine.info()
    versions = json.loads(lab.run_to_end("bench.apps.versions", volume=lab.volume("versions")))
    return {
        "processor": f"{processor()}, {info['NCPU']} cores, shared with the load generator",
        "memory": f"{info['MemTotal'] / 2**30:.0f} GiB",
        "system": f"{info['OperatingSystem']}, Linux {info['KernelVersion']}",
        "engine": f"Docker {info['ServerVersion']}, {info['Driver']}, cgroup v{info.get('CgroupVersion', '1')}",
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "revision": revision(),
    }


def processor() -> str:
    """Give the model of the processor, as far as this host tells."""
    names = (
        [line for line in CPUINFO.read_text().splitlines() if line.startswith("model name")] if CPUINFO.exists() else []
    )
    return names[0].partition(": ")[2] if names else platform.machine()


def revision() -> str:
    """Give the commit that was measured."""
    commit = command.run("git", "rev-parse", "--short", "HEAD")
    changes = command.run("git", "status", "--porcelain", "--untracked-files=no")
    return (commit.out.strip() if commit.ok else "unknown") + (" with changes" if changes.out.strip() else "")
