"""A service as an operator runs it: started again whenever it has ended, until it may stop."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from running import GUNICORN, PATIENCE, ROOT, environment, free_port


class Service:
    """One command on one port; a container engine or systemd would start it again as this does."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], command: Sequence[str] = GUNICORN
    ) -> None:
        self.port = free_port()
        self.log = folder / "service.log"
        self.restarts = 0
        self._command = command
        self._settings = environment(CONVCARDS_PORT=str(self.port), **settings)
        self._wanted = True
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while self._wanted:
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            if self._wanted:
                self.restarts += 1
                self._process = self._start()

    @property
    def master(self) -> int:
        """The process that was started; its workers are its children."""
        return self._process.pid

    def workers(self) -> list[int]:
        """Its workers, once there are any."""
        for _ in range(3000):
            with suppress(OSError):
                children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
                if children.split():
                    return [int(pid) for pid in children.split()]
            time.sleep(0.02)
        raise AssertionError(f"no worker came up:\n{self.log.read_text()[-3000:]}")

    def wait_for_restart(self, before: int) -> None:
        """Until it was started again, more often than `before`, and has workers."""
        deadline = time.monotonic() + PATIENCE
        while self.restarts == before:
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop for ever."""
        self._wanted = False
        self._keeper.join()
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
