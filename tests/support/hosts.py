"""Hosts of their own on one machine: network namespaces where that is permitted, else addresses."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

LINK = "10.213.{number}.{end}"
"""Two ends of a cable between this machine (1) and the host of that number (2)."""


@dataclass(frozen=True)
class Host:
    """Where it is reached, where it reaches us, and what goes before a command that runs on it."""

    address: str
    outside: str
    namespace: str = ""

    @property
    def before(self) -> list[str]:
        """The beginning of a command that is to run there."""
        return ["ip", "netns", "exec", self.namespace] if self.namespace else []

    def connect(self, *, up: bool) -> None:
        """Plug its cable in or out."""
        _ip("link", "set", self.namespace, "up" if up else "down")


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """That many hosts, gone afterwards."""
    with ExitStack() as stack:
        if _permitted():
            yield [stack.enter_context(_namespace(number)) for number in range(1, count + 1)]
        else:
            yield [Host(f"127.0.0.{number + 1}", "127.0.0.1") for number in range(1, count + 1)]


def _permitted() -> bool:
    if os.geteuid() or shutil.which("ip") is None:
        return False
    tried = ["ip", "netns", "add", f"convcards-{os.getpid()}"]
    if subprocess.run(tried, capture_output=True, check=False).returncode:
        return False
    _ip("netns", "delete", tried[-1])
    return True


@contextmanager
def _namespace(number: int) -> Iterator[Host]:
    name = f"cc{number}-{os.getpid() % 10**6}"
    here, there = (LINK.format(number=number, end=end) for end in (1, 2))
    _ip("netns", "add", name)
    try:
        _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{here}/30", "dev", name)
        _ip("link", "set", name, "up")
        _ip("-n", name, "address", "add", f"{there}/30", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", name, "link", "set", device, "up")
        yield Host(there, here, name)
    finally:
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
