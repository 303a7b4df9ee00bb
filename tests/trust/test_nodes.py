"""The short form of run_nodes.py: one of three nodes is killed, and nothing is lost or doubled."""

import tempfile
from pathlib import Path

import pytest

from nodes import CAN_RUN, trial


@pytest.mark.slow
@pytest.mark.skipif(not CAN_RUN, reason="nginx or PgBouncer is not installed")
def test_a_node_is_killed_under_load() -> None:
    with tempfile.TemporaryDirectory(prefix="convcards-nodes-") as folder:  # PgBouncer is nobody
        outcome, where = trial(Path(folder), 1, faults=["node killed", "PgBouncer restarted"])
    assert outcome.is_whole, outcome.report("three nodes")
    assert outcome.acknowledged > 10
    assert len(where) == 3
