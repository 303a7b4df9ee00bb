"""`convcards partitions`: the next months' partitions of answers and reviews, made beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from service.cli.administering import opened, present
from service.cli.options import Options
from service.store import partitions

__all__ = ["run"]

MOST = 120


def run(arguments: Sequence[str]) -> int:
    """Make what is missing, and print its names."""
    options = Options(
        "partitions",
        "On PostgreSQL answers and reviews lie in partitions by month. Make those of this\n"
        "month and the next ones that are missing, while the service goes on, which does it by\n"
        "itself as well. SQLite has no partitions.",
        ["partitions", "partitions --ahead 12"],
    )
    options.add_argument(
        "--ahead",
        type=int,
        default=partitions.AHEAD,
        metavar="N",
        help="how many months beyond this one (default: %(default)s)",
    )
    ahead: int = options.read(arguments).ahead
    if not 0 <= ahead <= MOST:
        options.error(f"--ahead takes 0 to {MOST}")
    with opened() as database:
        if database.dialect == "sqlite":
            print("SQLite has no partitions: there is nothing to do")
            return 0
        with database.write() as session:
            made = partitions.keep(session, now=present(), ahead=ahead)
    print(f"made {', '.join(made)}" if made else "every month is there")
    return 0
