"""Several nodes of the service behind nginx, with PgBouncer and PostgreSQL behind them."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

import pooler
from faults import Fault
from hosts import Host, hosts
from kept_service import Service
from postgresql_server import OWNER, PostgresServer
from running import GUNICORN, PATIENCE, ROOT, convcards, free_port
from service.store.migrate import upgrade
from torture import Outcome, endure

NODES = 3
UNPLUGGED = 2.0
CAN_RUN = pooler.PROGRAM is not None and shutil.which("nginx") is not None


class Node(Service):
    """The service on a host."""

    def __init__(self, folder: Path, host: Host, settings: Mapping[str, str]) -> None:
        folder.mkdir()
        self.host = host
        at = {"CONVCARDS_HOST": host.address}
        super().__init__(folder, {**settings, **at}, [*host.before, *GUNICORN])

    @property
    def answered(self) -> int:
        """How many requests it has seen that brought an answer."""
        return self.log.read_text().count("/answers")


class Cluster(Service):
    """What clients see of the nodes: one port."""

    def __init__(self, nodes: list[Node], port: int, pgbouncer: pooler.Pooler) -> None:
        self.nodes, self.port, self.pgbouncer = nodes, port, pgbouncer
        self.restarts = 0

    def workers(self) -> list[int]:
        """The workers of all nodes, once each has some."""
        return [pid for node in self.nodes for pid in node.workers()]

    def one(self) -> Node:
        """Any of the nodes."""
        return random.choice(self.nodes)  # noqa: S311


def of_a_cluster(server: PostgresServer) -> dict[str, Fault]:
    """What befalls one part of it, while the others go on."""

    def on_a_cluster(befall: Callable[[Cluster], None]) -> Fault:
        def fault(service: Service) -> None:
            assert isinstance(service, Cluster)
            befall(service)

        return fault

    def kill(cluster: Cluster) -> None:
        os.killpg(cluster.one().master, signal.SIGKILL)

    def terminate(cluster: Cluster) -> None:
        os.kill(cluster.one().master, signal.SIGTERM)

    def unplug(cluster: Cluster) -> None:
        host = cluster.one().host
        host.connect(up=False)
        time.sleep(UNPLUGGED)
        host.connect(up=True)

    def restart_pgbouncer(cluster: Cluster) -> None:
        cluster.pgbouncer.stop()
        cluster.pgbouncer.start()

    def kill_postgresql(_cluster: Cluster) -> None:
        server.stop("KILL")
        server.start()

    each = {
        "node killed": kill,
        "node stopped": terminate,
        f"node cut off for {UNPLUGGED:.0f} s": unplug,
        "PgBouncer restarted": restart_pgbouncer,
        "PostgreSQL killed": kill_postgresql,
    }
    return {name: on_a_cluster(befall) for name, befall in each.items()}


def trial(folder: Path, rounds: int, faults: list[str] | None = None) -> tuple[Outcome, list[str]]:
    """Let each fault (or those named) befall a cluster under load; what came of it, and where."""
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        url = server.url(server.create())
        upgrade(url)
        with _cluster(folder, server, url) as (cluster, key):
            chosen = of_a_cluster(server)
            for name in chosen.keys() - set(faults or chosen):
                del chosen[name]
            if not cluster.nodes[0].host.namespace:
                chosen = {name: one for name, one in chosen.items() if "cut off" not in name}
            outcome = endure(cluster, key, url, chosen, rounds)
            where = [
                f"{node.host.namespace or 'this machine'} at {node.host.address}:{node.port}: "
                f"{node.answered} requests with answers, started again {node.restarts} times"
                for node in cluster.nodes
            ]
            return outcome, where
    finally:
        server.close()


@contextmanager
def _cluster(folder: Path, server: PostgresServer, url: str) -> Iterator[tuple[Cluster, str]]:
    with ExitStack() as stack:
        machines = stack.enter_context(hosts(NODES))
        listening = ",".join(sorted({host.outside for host in machines}))
        pgbouncer = pooler.Pooler(folder, server.folder, host=listening, port=free_port())
        pgbouncer.start()
        stack.callback(pgbouncer.stop)
        settings = {"CONVCARDS_WORKERS": "1", "CONVCARDS_RATE_LIMITS": "off"}
        with psycopg.connect(url) as connection:
            name = connection.info.dbname
        made = convcards("keys", "create", "--name", "nodes", CONVCARDS_DATABASE_URL=url)
        nodes = []
        for number, host in enumerate(machines):
            pooled = f"postgresql://{OWNER}@{host.outside}:{pgbouncer.port}/{name}"
            through = settings | {"CONVCARDS_DATABASE_URL": pooled}
            nodes.append(Node(folder / f"node{number}", host, through))
            stack.callback(nodes[-1].stop)
        port = stack.enter_context(_nginx(folder, nodes))
        cluster = Cluster(nodes, port, pgbouncer)
        cluster.workers()
        yield cluster, made.stdout.strip()


@contextmanager
def _nginx(folder: Path, nodes: list[Node]) -> Iterator[int]:
    """The project's nginx.conf with the nodes as its upstream."""
    port = free_port()
    servers = "\n".join(
        f"server {node.host.address}:{node.port} max_fails=1 fail_timeout=1s;" for node in nodes
    )
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for written, here in {
        "server app:8000 max_fails=0;": servers,
        "listen 8080": f"listen 127.0.0.1:{port}",
        " /tmp/": f" {folder}/",
    }.items():
        assert written in text
        text = text.replace(written, here)
    configuration = folder / "nginx.conf"
    configuration.write_text(f"user root;\ndaemon off;\n{text}")
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(["nginx", "-c", configuration], stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
