"""How all commands read their options: with examples in the help, and a guess at what was meant."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import NoReturn

from service.failure import BAD_USAGE, Failure

__all__ = ["Options", "choose", "guess"]

Action = tuple[str, Callable[[Sequence[str]], int]]
"""One line about an action, and what runs it with the arguments behind its name."""


class Options(argparse.ArgumentParser):
    """A parser that raises :class:`Failure` and suggests the option that was meant."""

    def __init__(self, command: str, description: str, examples: Sequence[str] = ()) -> None:
        """``command`` is what stands behind `convcards`; ``examples`` are whole command lines."""
        lines = "\n".join(f"  convcards {example}" for example in examples)
        super().__init__(
            prog=f"convcards {command}",
            description=description,
            epilog=f"examples:\n{lines}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.command = command

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse all arguments; raises :class:`Failure` for one that is not understood."""
        values, unknown = self.parse_known_args(arguments)
        if unknown:
            argument = unknown[0].partition("=")[0]
            raise Failure(f"{self.command}: {self._not_known(argument)}", BAD_USAGE)
        return values

    def error(self, message: str) -> NoReturn:
        """Raise :class:`Failure` in place of argparse's own exit."""
        raise Failure(f"{self.command}: {message}; see {self.prog} --help", BAD_USAGE)

    def _not_known(self, argument: str) -> str:
        if not argument.startswith("-"):
            return f"{argument} is one argument too many"
        options = [name for name in self._option_string_actions if name.startswith("--")]
        return f"there is no option {argument}{guess(argument, options)}"


def choose(command: str, actions: Mapping[str, Action], arguments: Sequence[str]) -> int:
    """Run the action that the first argument names, such as `load` of `convcards deck load`."""
    lines = "\n".join(f"  {name:9}{what}" for name, (what, _) in actions.items())
    overview = f"usage: convcards {command} ACTION ...\n\nactions:\n{lines}"
    if arguments and arguments[0] in ("-h", "--help"):
        print(overview)
        return 0
    if not arguments:
        raise Failure(f"{command}: say which action: {', '.join(actions)}", BAD_USAGE)
    name, *rest = arguments
    if name not in actions:
        raise Failure(f"{command}: there is no action {name}{guess(name, actions)}", BAD_USAGE)
    return actions[name][1](rest)


def guess(given: str, names: Sequence[str] | Mapping[str, object]) -> str:
    """`; did you mean NAME?`, or the names there are, or nothing if they are many."""
    near = get_close_matches(given, list(names), n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(names)}" if len(names) <= 20 else ""
