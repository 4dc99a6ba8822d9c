"""One attempt to deliver a message, as a short-lived process: `python -m healthchecker.deliver`.

Apprise with all its services takes more memory than everything else here, so the process that polls never imports it.
Reads one JSON object from stdin: `channels` (a URL by number) and `message`, which is null when the URLs are only to be
checked. Writes one JSON line for each channel as soon as it is done: `channel` (its number) and `error`, a sentence
without secrets, or null when the message was accepted.
"""

import json
import logging
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat

AT_ONCE = 16
STATUS = re.compile(r"error=(\d{3})\b")


def main() -> None:
    """Deliver what stdin says."""
    # The polls come first, also where CPU or memory run short.
    os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    logging.getLogger().addHandler(logging.NullHandler())  # Apprise's own lines may name what is secret
    request, answers = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr  # whatever else is printed
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {pool.submit(deliver, url, request["message"]): number for number, url in request["channels"].items()}
        for job in as_completed(jobs):
            print(json.dumps({"channel": int(jobs[job]), "error": job.result()}), file=answers, flush=True)


def deliver(url: str, message: dict[str, Any] | None) -> str | None:
    """Send a message to one URL, or with none only check the URL; give what went wrong, in one sentence."""
    asset = AppriseAsset(app_id="healthchecker", app_desc="healthchecker", async_mode=False, storage_mode="memory")
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        return "Apprise does not know this URL."
    if message is None:
        return None
    # Text, so that a service that shows HTML escapes what the API has said.
    result = Apprise(service, asset=asset).notify(
        message["body"], title=message["title"], notify_type=message["kind"], body_format=NotifyFormat.TEXT
    )
    if result:
        return None
    statuses = [found[1] for line in result.logs() if (found := STATUS.search(line.message))]
    return f"The receiver answered {statuses[-1]}." if statuses else "The receiver could not be reached, or it refused."


if __name__ == "__main__":
    main()
