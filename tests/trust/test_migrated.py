"""The short form of run_migrations.py: while others write, every row stays as it was."""

from migrated import up_down_up


def test_up_down_up_keeps_every_row(bare_url: str) -> None:
    outcome = up_down_up(bare_url, people=20, answers=2000)
    assert outcome.is_whole, outcome.report("2,000 answers")
