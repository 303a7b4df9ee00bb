"""The right answers of generated questions, worked out without the engine.

Each function gets a problem and looks only at what a learner sees, or at the request that is
offered to check it; what is right is then counted by hand, not computed by a formula.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import prompts
from service.quiz.templates import Problem
from service.quiz.templates.errata import STATEMENTS


def sizes(problem: Problem) -> Any:
    """Output sizes: windows set down one by one, read from the prompt."""
    answer = prompts.read(problem.prompt).answer()
    return tuple(answer) if isinstance(answer, list) else answer


def parameters(problem: Problem) -> int:
    """One for each weight of each filter, and one for each bias."""
    body: Any = problem.request
    channels = body["input_shape"][-1] // body["groups"]
    cells = list(product(*map(range, body["kernel_size"]), range(channels)))
    return body["filters"] * (len(cells) + body["bias"])


def receptive_field(problem: Problem) -> int:
    """The input pixels that reach one output: followed back from layer to layer."""
    body: Any = problem.request
    seen = {0}
    for layer in reversed(body["layers"]):
        taps = range(layer["params"]["kernel_size"] * layer["params"]["dilation"])
        steps = [tap for tap in taps if tap % layer["params"]["dilation"] == 0]
        seen = {at * layer["params"]["stride"] + tap for at in seen for tap in steps}
    return max(seen) - min(seen) + 1


def judged(problem: Problem) -> str:
    """The option that the deck's errata call right."""
    (statement,) = (one for one in STATEMENTS if one.text in problem.prompt)
    (key,) = (option.id for option in problem.options if option.text == statement.right)
    return key


KEYS: dict[str, Callable[[Problem], Any]] = {
    "conv-output-shape": sizes,
    "conv-output-size": sizes,
    "conv-parameters": parameters,
    "receptive-field": receptive_field,
    "true-or-false": judged,
}
"""How the key of each template is found out by other means."""
