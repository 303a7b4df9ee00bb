"""One bash for a whole page of commands: variables stay set, each command's output is its own."""

import os
import selectors
import subprocess
import time
from pathlib import Path
from types import TracebackType

PATIENCE = 60.0


class Shell:
    """A running bash; `run` gives a command's status and what it printed, stderr included."""

    def __init__(self, cwd: Path, environment: dict[str, str]) -> None:
        self._end = f"--- {os.urandom(8).hex()} "
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bash.kill()
        self._bash.communicate()

    def run(self, command: str) -> tuple[int, str]:
        """Run one command, which reads nothing, and wait for its end."""
        assert self._bash.stdin is not None
        typed = f"{{ {command}\n}} </dev/null\nprintf '\\n{self._end}%d\\n' $?\n"
        self._bash.stdin.write(typed.encode())
        self._bash.stdin.flush()
        printed, _, status = self._read_to_end().rpartition(f"\n{self._end}")
        return int(status), printed

    def _read_to_end(self) -> str:
        assert self._bash.stdout is not None
        got = b""
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._bash.stdout, selectors.EVENT_READ)
            while not (self._end.encode() in got and got.endswith(b"\n")):
                if not selector.select(deadline - time.monotonic()):
                    raise TimeoutError(f"still running; so far it printed:\n{got.decode()}")
                piece = os.read(self._bash.stdout.fileno(), 65536)
                if not piece:
                    raise EOFError(f"the shell has ended; it printed:\n{got.decode()}")
                got += piece
        return got.decode()
