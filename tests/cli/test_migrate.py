"""`convcards migrate`, and what every command says to a database that it can't use."""

import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from running import Command, convcards
from service.store import Database
from service.store.migrate import head, state


def test_it_brings_a_bare_database_up_to_date_and_then_leaves_it(
    command: Command, bare_url: str
) -> None:
    first = command("migrate", url=bare_url)
    assert (first.status, first.err) == (0, "")
    assert first.out.endswith(f" is now at revision {head()}\n")
    database = Database(bare_url)
    assert state(database.engine) == "current"
    database.close()
    assert command("migrate").out.endswith(f" is up to date ({head()})\n")


def test_no_password_is_printed(command: Command, postgresql_url: str) -> None:
    ended = command("migrate", url=postgresql_url.replace("@", ":s3cret-word@", 1))
    assert "s3cret-word" not in ended.out + ended.err


@pytest.mark.parametrize("arguments", [["migrate"], ["keys", "list"], ["serve", "--port", "0"]])
def test_a_newer_database_is_left_alone(
    arguments: list[str], command: Command, database_url: str
) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'zz99'"))
    engine.dispose()
    ended = command(*arguments, url=database_url)
    assert (ended.status, ended.out) == (78, "")
    assert ended.err.startswith("convcards: the database ")
    assert "was migrated by a newer ConvCards" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["keys", "list"], ["deck", "load"]])
def test_a_bare_database_is_told_how_to_be_migrated(
    arguments: list[str], command: Command, bare_url: str
) -> None:
    ended = command(*arguments, url=bare_url)
    assert (ended.status, ended.out) == (78, "")
    assert ended.err.endswith("is not up to date; run: convcards migrate\n")


@pytest.mark.parametrize("arguments", ["migrate", "keys list", "deck load", "serve --port 0"])
def test_an_unreachable_database_is_one_line_and_status_69(arguments: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        url = f"postgresql://convcards:s3cret-word@127.0.0.1:{port}/convcards"
        ended = convcards(*arguments.split(), CONVCARDS_DATABASE_URL=url)
    assert (ended.returncode, ended.stdout) == (69, "")
    assert ended.stderr.startswith("convcards: the database can't be used: ")
    assert ended.stderr.count("\n") == 1
    assert "s3cret-word" not in ended.stderr


def test_a_file_that_cannot_be_made_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = convcards("serve", CONVCARDS_DATABASE_URL=f"sqlite:///{tmp_path}/file/cards.db")
    assert ended.returncode == 69
    assert f"{tmp_path}/file/cards.db can't be opened" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CONVCARDS_DATABASE_URL": "mysql://localhost/cards"}, "CONVCARDS_DATABASE_URL: the dat"),
        ({"CONVCARDS_DATABASE_URL": "cards"}, "CONVCARDS_DATABASE_URL: the database address"),
        ({"CONVCARDS_PROT": "80"}, "CONVCARDS_PROT is no setting; did you mean CONVCARDS_PORT?"),
        ({"CONVCARDS_PORT": "eighty"}, "CONVCARDS_PORT can't be read: it must be a whole number"),
        (
            {"CONVCARDS_HOST": "10.0.0.1"},
            "CONVCARDS_HOST can't be 10.0.0.1 with CONVCARDS_MODE=loc",
        ),
        ({"CONVCARDS_MODE": "secured"}, "serve is for this machine only, without keys"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_setting_that_cannot_be_is_one_line_and_status_78(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    ended = convcards("serve", cwd=tmp_path, **({"CONVCARDS_PORT": "0"} | settings))
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith(f"convcards: {said}")
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "database_url"
    secret.write_text(f"sqlite:///{tmp_path}/cards.db\n")
    assert convcards("migrate", CONVCARDS_DATABASE_URL_FILE=str(secret)).returncode == 0
    assert (tmp_path / "cards.db").is_file()
    missing = convcards("migrate", CONVCARDS_DATABASE_URL_FILE=str(tmp_path / "none"))
    assert missing.returncode == 78
    assert missing.stderr.endswith("none can't be read: No such file or directory\n")
    both = convcards(
        "migrate", CONVCARDS_DATABASE_URL="sqlite:///a", CONVCARDS_DATABASE_URL_FILE=str(secret)
    )
    assert both.returncode == 78
    assert "are both set" in both.stderr
