"""`convcards tokens rotate`: a new key to sign learners' tokens with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from random import SystemRandom

from service import startup
from service.cli.administering import changing, present, record
from service.cli.options import Options, choose
from service.failure import NO, Failure
from service.store import signing, tenants

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Change what learners' tokens are signed with."""
    actions = {"rotate": ("sign with a new key; tokens of the old one run out", rotate)}
    return choose("tokens", actions, arguments)


def rotate(arguments: Sequence[str]) -> int:
    """Make a new signing key."""
    options = Options(
        "tokens rotate",
        "Sign learners' tokens with a new key. Those that are out are still taken until they end,\n"
        "twelve hours at most; with --now they end at once.",
        ["tokens rotate", "tokens rotate --now"],
    )
    options.add_argument("--now", action="store_true", help="end every token that is out")
    given = options.read(arguments)
    if startup.read_settings(os.environ).token_key:
        raise Failure(
            "tokens rotate: CONVCARDS_TOKEN_KEY is set; put a new key before the old one there", NO
        )
    overlap = timedelta(0) if given.now else timedelta(hours=12)
    with changing() as session:
        now = present()
        tenants.ensure(session, tenants.LOCAL, name=tenants.LOCAL, now=now)
        key = signing.rotate(session, overlap=overlap, now=now, rng=SystemRandom())
        record(session, tenants.LOCAL, "token_key.rotated", f"token_key:{key.id}")
    print(f"tokens are signed with the new key {key.id}")
    return 0
