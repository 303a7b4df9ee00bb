"""Faults under load: what was acknowledged, against the rows of the database at the end.

Those are read past the service. An answer carries the number that its client sent, so a row tells
whose it is.
"""

import itertools
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg

from faults import ENDING, Fault
from kept_service import Service
from running import GUNICORN, PATIENCE, convcards
from steady_clients import Clients, Sent


@dataclass(frozen=True)
class Cost:
    """What one fault cost: the longest time without an answer, and requests sent again."""

    outage: float
    resent: int


@dataclass(frozen=True)
class Outcome:
    """What came of it; the three counts have to be 0."""

    acknowledged: int
    lost: int
    doubled: int
    from_nowhere: int
    surprises: Counter[str]
    costs: dict[str, list[Cost]]

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it has to be."""
        return not (self.lost or self.doubled or self.from_nowhere or self.surprises)

    def resent(self, fault: str) -> int:
        """How many requests had to be sent again for it."""
        return sum(cost.resent for cost in self.costs[fault])

    def report(self, title: str) -> str:
        """The table that is printed."""
        every = [cost for each in self.costs.values() for cost in each]
        summary = (
            f"{title}: {len(every)} faults, {self.acknowledged} answers acknowledged, "
            f"{self.lost} lost, {self.doubled} doubled, {self.from_nowhere} from nowhere"
        )
        lines = [
            summary,
            f"  {'fault':24}{'times':>6}{'median':>10}{'worst':>10}{'sent again':>12}",
        ]
        for name, costs in (*self.costs.items(), ("all", every)):
            outages = [cost.outage for cost in costs]
            lines.append(
                f"  {name:24}{len(costs):>6}{median(outages):>8.2f} s{max(outages):>8.2f} s"
                f"{sum(cost.resent for cost in costs):>12}"
            )
        return "\n".join([*lines, *(f"  unexpected: {what}" for what in self.surprises)])


def torture(
    folder: Path,
    url: str,
    faults: Mapping[str, Fault],
    rounds: int,
    command: Sequence[str] = GUNICORN,
) -> Outcome:
    """Answer questions on the database while each fault happens `rounds` times, in turn."""
    settings = {
        "CONVCARDS_DATABASE_URL": url,
        "CONVCARDS_WORKERS": "2",
        "CONVCARDS_RATE_LIMITS": "off",
    }
    key = convcards("keys", "create", "--name", "torture", **settings).stdout.strip()
    with _running(folder, settings, command) as service:
        return endure(service, key, url, faults, rounds)


def endure(
    service: Service, key: str, url: str, faults: Mapping[str, Fault], rounds: int
) -> Outcome:
    """As `torture`, on a service that runs already and lets this key in."""
    clients = Clients(service.port, key)
    try:
        costs = _befall(service, clients.sent, faults, rounds)
    finally:
        clients.stop()
    rows = answers_of(url)
    stored = set(rows)
    numbers = Counter(number for number, _ in rows)
    acknowledged = clients.sent.acknowledged
    return Outcome(
        acknowledged=len(acknowledged),
        lost=sum(
            (number, json.loads(body)["id"]) not in stored for number, body in acknowledged.items()
        ),
        doubled=sum(times > 1 for times in numbers.values()),
        from_nowhere=len(numbers.keys() - acknowledged.keys()),
        surprises=clients.sent.surprises,
        costs=costs,
    )


def _befall(
    service: Service, sent: Sent, faults: Mapping[str, Fault], rounds: int, pause: float = 0.4
) -> dict[str, list[Cost]]:
    """What each fault cost, one after the other, `rounds` times."""
    costs: dict[str, list[Cost]] = {name: [] for name in faults}
    _outage(sent, 0.0, 0.0)
    for name in [*faults] * rounds:
        time.sleep(pause)
        before, resent, moment = service.restarts, sent.retries, time.monotonic()
        faults[name](service)
        if name in ENDING:
            service.wait_for_restart(before)
        service.workers()
        outage = _outage(sent, moment, time.monotonic())
        costs[name].append(Cost(outage, sent.retries - resent))
    return costs


def _outage(sent: Sent, moment: float, settled: float) -> float:
    """The longest time without an answer from a fault until the service is itself again.

    That is when a request is answered that was sent after everything runs again.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        after = [(begun, answered) for begun, answered in sent.when[-200:] if begun >= settled]
        if after:
            answered = sorted(when for _, when in sent.when if moment <= when <= after[0][1])
            return max(b - a for a, b in itertools.pairwise([moment, *answered]))
        time.sleep(0.005)
    raise AssertionError(f"nothing was acknowledged for {PATIENCE} s after a fault")


@contextmanager
def _running(
    folder: Path, settings: Mapping[str, str], command: Sequence[str]
) -> Iterator[Service]:
    service = Service(folder, settings, command)
    try:
        yield service
    finally:
        service.stop()


def answers_of(url: str) -> Sequence[tuple[int, str]]:
    """Every answer in the database, read past the service: the number sent, and its id."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            rows = connection.execute("SELECT response, id FROM answers").fetchall()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT response::text, id::text FROM answers").fetchall()
    return [(int(json.loads(response)), str(UUID(name))) for response, name in rows]
