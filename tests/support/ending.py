"""The end of a process that a test started."""

import subprocess

from support.waiting import load_factor


def end(process: subprocess.Popen[bytes], *, within: float) -> None:
    """Tell a process to end, if it has not.

    Raises:
        subprocess.TimeoutExpired: It did not `within` seconds; it is killed, so as not to go on beside the next test.

    """
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(within * load_factor())
    finally:
        process.kill()
        process.wait()
