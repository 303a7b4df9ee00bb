"""What the command line's tests share: a command run in this process on a given database."""

import pytest

from running import Command, Ended
from service.cli import main


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `convcards ...` here, on the database of `url`."""

    def run(*arguments: str, url: str | None = None) -> Ended:
        if url is not None:
            monkeypatch.setenv("CONVCARDS_DATABASE_URL", url)
        status = main(arguments)
        printed = capsys.readouterr()
        return Ended(status, printed.out, printed.err)

    return run
