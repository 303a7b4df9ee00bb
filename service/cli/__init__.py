"""The command line: `convcards COMMAND ...`, one module a command.

A command's module is imported only when it is asked for, so that `convcards shape` starts without
a web framework or a database. Exit status: 0 it is done; 1 the answer is no (a layer refused, a
deck with faults, a contract that differs); 2 the command can't be read; 69 something outside can't
be had (port, database); 78 it can't start until someone changes a setting, the database or a key.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from service.cli.options import guess
from service.failure import BAD_USAGE, Failure
from service.loading import uncollected

__all__ = ["main"]

COMMANDS: Final = {
    "serve": "serve on this machine: database made, deck loaded, no key needed",
    "shape": "what a layer does to the sizes of its input, step by step",
    "network": "a whole network, layer by layer, from the catalogue or a file",
    "solve": "which parameters lead from one shape to another",
    "compare": "one layer in every framework, and why they differ",
    "quiz": "questions in the terminal, with answers that teach",
    "migrate": "bring the database to the revision this release needs",
    "doctor": "look whether all is well, and say what to do",
    "backup": "copy the database while the service goes on",
    "restore": "put a backup back",
    "prune": "give up what need not be kept any longer",
    "deck": "load a deck of cards, or check one",
    "partitions": "the next months of answers and reviews, on PostgreSQL",
    "keys": "make, list, rotate and revoke API keys",
    "tenants": "make and list tenants, whose people are kept apart",
    "tokens": "change the key that learners' tokens are signed with",
    "issuers": "who else may say who a learner is (OpenID Connect)",
    "audit": "what keys and operators did",
    "worker": "do long work that was asked for, on PostgreSQL",
    "openapi": "write openapi.yaml, or check that it is up to date",
}

EXAMPLES: Final = """\
examples:
  convcards serve
  convcards shape conv2d 28x28x3 --kernel-size 5 --filters 16 --padding same
  convcards COMMAND --help
"""

INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if given else BAD_USAGE
    name, *rest = given
    if name in ("-V", "--version"):
        from importlib.metadata import version  # it takes longer to load than all commands' names

        print(f"convcards {version('convcards')}")
        return 0
    try:
        if name not in COMMANDS:
            raise Failure(f"there is no command {name}{guess(name, COMMANDS)}", BAD_USAGE)
        with uncollected():
            command = import_module(f"service.cli.{name}")
        status: int = command.run(rest)
        sys.stdout.flush()
    except Failure as failure:
        print(f"convcards: {failure}", file=sys.stderr)
        return failure.status
    except BrokenPipeError:  # whoever read has seen enough, as in `convcards ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _overview() -> str:
    commands = "\n".join(f"  {name:11}{what}" for name, what in COMMANDS.items())
    return (
        "usage: convcards [--version] COMMAND ...\n\n"
        "CNN shapes, small convolutions and a quiz that knows the answers.\n\n"
        f"commands:\n{commands}\n\n{EXAMPLES}"
    ).rstrip()
