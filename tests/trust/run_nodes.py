"""Three nodes behind nginx, PgBouncer and PostgreSQL: each part fails under load, nothing is lost.

`python tests/trust/run_nodes.py [rounds]` needs nginx and PgBouncer; as root on Linux each node is
a host of its own, in a network namespace. The short form is test_nodes.py.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from nodes import CAN_RUN, trial

ROUNDS = 5


def main(arguments: list[str]) -> int:
    """0 if nothing was lost, doubled or from nowhere, and no answer was unexpected."""
    if not CAN_RUN:
        print("this needs nginx and pgbouncer", file=sys.stderr)  # noqa: T201
        return 69
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="convcards-nodes-") as folder:
        outcome, where = trial(Path(folder), int(arguments[0]) if arguments else ROUNDS)
    seconds = time.monotonic() - begun
    print(outcome.report(f"three nodes, {seconds:.0f} s"))  # noqa: T201 - that is what it is for
    print("\n".join(f"  {line}" for line in where))  # noqa: T201
    return 0 if outcome.is_whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
