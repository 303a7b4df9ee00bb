"""`convcards partitions`, and what happens at a start."""

from running import Command
from service import startup
from service.config import Settings


def test_the_command(command: Command, postgresql_url: str, sqlite_url: str) -> None:
    first = command("partitions", "--ahead", "14", url=postgresql_url)
    assert first.status == 0
    assert first.out.startswith("made answers_2")
    assert first.out.count("reviews_") >= 9
    assert command("partitions", url=postgresql_url).out == "every month is there\n"
    assert "nothing to do" in command("partitions", url=sqlite_url).out
    assert command("partitions", "--ahead", "999").status == 2


def test_a_start_goes_on_without(postgresql_url: str, sqlite_url: str) -> None:
    for url in (postgresql_url, sqlite_url):
        assert startup.keep_partitions(Settings(database_url=url)) is None
    told = startup.keep_partitions(Settings(database_url="postgresql:///none?host=/nowhere"))
    assert told is not None
    assert "run: convcards partitions" in told
