"""Start the demonstration, look at it, stop it by Ctrl-C, and see that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from config.processes import die_with_parent  # noqa: E402
from config.services import free_port  # noqa: E402

PATIENCE = 300.0  # seconds until it answers


def main() -> None:
    """Run the whole course twice: the second start finds the data there."""
    for attempt in ("first", "second"):
        began = time.monotonic()
        port = free_port()
        command = [sys.executable, "manage.py", "demo", "--enterprises=300", f"--port={port}"]
        demo = subprocess.Popen(  # noqa: S603
            command,
            cwd=HOME,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/accounts/login/", demo)
            print(f"{attempt} start answers after {time.monotonic() - began:.0f} s", flush=True)
            family = [demo.pid, *descendants(demo.pid)]
            demo.send_signal(signal.SIGINT)
            code = demo.wait(60)
        finally:
            if demo.poll() is None:
                demo.terminate()
                demo.wait(60)
        left = [pid for pid in family if Path(f"/proc/{pid}").exists()]
        if code or left or len(family) < 5:
            sys.exit(f"exit code {code}; of {family} are left: {left}")
        print(f"all {len(family)} processes stopped", flush=True)


def wait_for(address: str, demo: subprocess.Popen[bytes]) -> None:
    """Wait until the sign-in page is there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and demo.poll() is None:
        try:
            with opener.open(address, timeout=10) as page:
                if page.status == 200 and b"<form" in page.read():
                    return
        except urllib.error.HTTPError as error:
            sys.exit(f"the sign-in page answers {error.code}")
        except OSError:
            time.sleep(0.5)
    sys.exit(f"no answer (exit code {demo.poll()})")


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    below: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            below += [int(child), *descendants(int(child))]
    return below


if __name__ == "__main__":
    os.environ.setdefault("TRACKER_LOCAL", "1")
    main()
