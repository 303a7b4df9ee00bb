"""A real nginx with the project's configuration; only addresses and folders are others."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from running import PATIENCE, ROOT, Running, free_port

INSTALLED = shutil.which("nginx") is not None


@contextmanager
def nginx(folder: Path, service: Running) -> Iterator[Running]:
    """nginx before the service, once it listens."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for written, here in {
        "app:8000": f"127.0.0.1:{service.port}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        " /tmp/": f" {folder}/",
    }.items():
        assert written in text
        text = text.replace(written, here)
    configuration = folder / "nginx.conf"
    configuration.write_text(f"user root;\ndaemon off;\n{text}")
    log = folder / "nginx.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nginx", "-c", str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )
    running = Running(process, log, "127.0.0.1", port)
    deadline = time.monotonic() + PATIENCE
    while not _answers(port):
        assert process.poll() is None, running.output
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield running
    process.send_signal(signal.SIGQUIT)
    process.wait(PATIENCE)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
