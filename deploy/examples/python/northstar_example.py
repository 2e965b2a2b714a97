"""A program that sends events to Northstar with the standard library alone.

NORTHSTAR_URL and NORTHSTAR_WRITE_KEY say where they go.
"""

import json
import os
import pathlib
import platform
import sys
import time
import traceback
import urllib.error
import urllib.request
import uuid

VERSION = "1.1.0"
PLATFORMS = {"Darwin": "macos", "Linux": "linux", "Windows": "windows"}


class Telemetry:
    """Gathers events and sends them together. Their ids make sending twice harmless."""

    def __init__(self) -> None:
        self.url = os.environ.get("NORTHSTAR_URL", "")
        self.key = os.environ.get("NORTHSTAR_WRITE_KEY", "")
        self.user = installation()
        self.session = str(uuid.uuid4())
        self.events: list[dict] = []
        self.failure = ""

    def capture(self, event: str, **properties: object) -> None:
        if os.environ.get("DO_NOT_TRACK", "") not in ("", "0", "false"):
            return
        common = {"platform": PLATFORMS.get(platform.system()), "version": VERSION}
        self.events.append(
            {
                "event": event,
                "id": str(uuid.uuid4()),
                "timestamp": int(time.time() * 1000),
                "user_id": self.user,
                "session_id": self.session,
                "properties": {**common, **properties},
            }
        )

    def flush(self) -> bool:
        """Sends the events, up to three times. An answer of 202 or 422 is final."""
        body = json.dumps(self.events).encode()
        for attempt in range(3 if self.events else 0):
            headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
            url = f"{self.url}/v1/events?sent_at={int(time.time() * 1000)}"
            try:
                status = urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=2).status
            except urllib.error.HTTPError as error:
                status, self.failure = error.code, f"Northstar answered {error.code}"
            except (OSError, ValueError) as error:
                status, self.failure = 0, str(error)
            if status in (202, 422):
                self.events = []
                break
            time.sleep(0.2 * 2**attempt)
        return not self.events

    def report_crashes(self) -> None:
        """Reports an uncaught error by its kind and frames, without its message and without folders."""
        previous = sys.excepthook

        def hook(kind, error, trace):
            frames = traceback.extract_tb(trace)
            lines = [f"  at {f.name} ({pathlib.Path(f.filename).name}:{f.lineno})" for f in frames]
            self.capture("crash", stack_trace="\n".join([kind.__name__, *lines]))
            self.flush()
            previous(kind, error, trace)

        sys.excepthook = hook


def installation() -> str:
    """A random id that is kept between runs."""
    state = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state")
    path = state / "northstar-example-python" / "installation"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(uuid.uuid4()))
        return path.read_text()
    except OSError:
        return str(uuid.uuid4())


if __name__ == "__main__":
    telemetry = Telemetry()
    telemetry.report_crashes()
    if sys.argv[1:] == ["crash"]:
        raise RuntimeError(f"never sent: {pathlib.Path.home()}")
    telemetry.capture("command_generated", category="file_management")
    telemetry.capture("feature_used", feature="shell_integration")
    sys.exit(0 if telemetry.flush() else f"not sent: {telemetry.failure}")
