"""Reads the commands that a Markdown page shows, and compares what they print with the page.

The conventions are written down for authors in CONTRIBUTING.md ("Commands in the docs").
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

SHELL_LANGUAGES = frozenset({"console", "bash", "sh", "shell"})
NOT_RUN = re.compile(r"^<!-- not run: (?P<reason>\S.*?) -->$")
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)\s*$")
PLACEHOLDER = re.compile(r"<(\*|[a-z][a-z0-9_-]*)>")
TOKEN = re.compile(
    r'\s*(?:(?P<rest>\.\.\.)|(?P<mark>[{}\[\],:])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^\s{}\[\],:"]+))'
)


class OutputError(AssertionError):
    """What a command printed is not what the page shows."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page: where it stands, what is typed, what the page says it prints."""

    line: int
    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a shell language; `reason` says why it isn't run, if it isn't."""

    line: int
    commands: tuple[Command, ...]
    reason: str | None


class _Rest:
    """`...` in a JSON answer: other members, other elements, or any value."""


REST = _Rest()


def read_blocks(markdown: str) -> list[Block]:
    """Every shell block of a page, in order."""
    found: list[Block] = []
    lines = markdown.splitlines()
    above = ""
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        if fence is None:
            above = lines[number].strip() or above
            number += 1
            continue
        body, end = _fenced(lines, number, fence)
        if fence["language"] in SHELL_LANGUAGES:
            marked = NOT_RUN.match(above)
            reason = marked["reason"] if marked else None
            found.append(Block(number + 1, tuple(_commands(body, number + 2)), reason))
        above = ""
        number = end + 1
    return found


def _fenced(lines: list[str], start: int, fence: re.Match[str]) -> tuple[list[str], int]:
    indent, ticks = len(fence["indent"]), fence["ticks"]
    for end in range(start + 1, len(lines)):
        if lines[end].strip() == ticks:
            return [line[indent:] for line in lines[start + 1 : end]], end
    raise ValueError(f"line {start + 1}: the block is never closed")


def _commands(body: list[str], first_line: int) -> list[Command]:
    commands: list[Command] = []
    number = 0
    while number < len(body):
        if not body[number].startswith("$ "):
            raise ValueError(
                f"line {first_line + number}: a shell block holds `$ command` and its output; "
                "mark one that isn't run with <!-- not run: reason --> above it"
            )
        line, typed = first_line + number, [body[number][2:]]
        number += 1
        while number < len(body) and (typed[-1].endswith("\\") or body[number].startswith("> ")):
            typed.append(body[number].removeprefix("> "))
            number += 1
        printed: list[str] = []
        while number < len(body) and not body[number].startswith("$ "):
            printed.append(body[number])
            number += 1
        commands.append(Command(line, "\n".join(typed), "\n".join(printed).strip("\n")))
    return commands


@dataclass
class Comparison:
    """Compares outputs with a page, and remembers what its `<names>` stood for."""

    names: dict[str, str] = field(default_factory=dict)

    def fill(self, command: str) -> str:
        """The command with every `<name>` met before put in."""
        return PLACEHOLDER.sub(lambda m: self.names.get(m[1], m[0]), command)

    def check(self, expected: str, actual: str) -> None:
        """Compare one output with the page's; raise OutputError and say where they part."""
        actual = actual.strip("\n")
        if expected.startswith("HTTP/"):
            self._check_answer(expected, actual)
        elif _is_json(actual) and expected.lstrip()[:1] in ("{", "["):
            self._check_value(read_pattern(expected), json.loads(actual), "")
        else:
            self._check_text(expected, actual)

    def _check_answer(self, expected: str, actual: str) -> None:
        """`curl -i`: the status line, each header shown, and the body."""
        head, _, body = expected.partition("\n\n")
        real_head, _, real_body = actual.replace("\r\n", "\n").partition("\n\n")
        status, *headers = head.splitlines()
        real_status, *real_headers = real_head.splitlines()
        self._check_text(status, real_status)
        for header in headers:
            if header.strip() == "...":
                continue
            name = header.partition(":")[0].lower()
            candidates = [line for line in real_headers if line.partition(":")[0].lower() == name]
            if not candidates:
                raise OutputError(f"the answer has no header {header!r}")
            self._check_text(
                header.partition(":")[2].strip(), candidates[0].partition(":")[2].strip()
            )
        self.check(body.strip("\n"), real_body)

    def _check_text(self, expected: str, actual: str) -> None:
        lines = [line.rstrip() for line in expected.splitlines()]
        text = "\n".join(_ANY_LINES if line.strip() == "..." else line for line in lines)
        pattern = self._pattern(text)
        for marked, lines_of_any_kind in _ANY_LINES_PATTERNS:
            pattern = pattern.replace(marked, lines_of_any_kind)
        self._match(pattern, "\n".join(line.rstrip() for line in actual.splitlines()), expected)

    def _pattern(self, text: str) -> str:
        """A regular expression for the text, its placeholders open or already settled."""
        parts = PLACEHOLDER.split(text)
        new: set[str] = set()
        for at in range(1, len(parts), 2):
            name = parts[at]
            if name == "*":
                parts[at] = r"[^\n]*?"
            elif name in self.names:
                parts[at] = re.escape(self.names[name])
            elif name in new:
                parts[at] = f"(?P={_group(name)})"
            else:
                parts[at] = rf"(?P<{_group(name)}>[^\n]+?)"
                new.add(name)
        parts[::2] = [re.escape(part) for part in parts[::2]]
        return "".join(parts)

    def _match(self, pattern: str, actual: str, expected: str) -> None:
        found = re.fullmatch(pattern, actual)
        if found is None:
            raise OutputError(f"the page shows\n{expected}\n\nbut the command printed\n{actual}")
        self.names.update({_name(group): text for group, text in found.groupdict().items()})

    def _check_value(self, expected: Any, actual: Any, where: str) -> None:
        if expected is REST:
            return
        if isinstance(expected, dict):
            self._check_object(expected, actual, where)
        elif isinstance(expected, list):
            self._check_array(expected, actual, where)
        elif isinstance(expected, str) and PLACEHOLDER.search(expected):
            text = actual if isinstance(actual, str) else json.dumps(actual)
            self._match(self._pattern(expected), text, f"{where}: {expected}")
        elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
            raise OutputError(
                f"{where or '/'}: the page shows {expected!r}, the answer has {actual!r}"
            )

    def _check_object(self, expected: dict[Any, Any], actual: Any, where: str) -> None:
        if not isinstance(actual, dict):
            raise OutputError(
                f"{where or '/'}: the page shows an object, the answer has {actual!r}"
            )
        shown = [name for name in expected if name is not REST]
        missing = [name for name in shown if name not in actual]
        more = [] if REST in expected else [name for name in actual if name not in expected]
        if missing or more:
            raise OutputError(
                f"{where or '/'}: not in the answer {missing}, not on the page {more}"
            )
        for name in shown:
            self._check_value(expected[name], actual[name], f"{where}/{name}")

    def _check_array(self, expected: list[Any], actual: Any, where: str) -> None:
        if not isinstance(actual, list):
            raise OutputError(f"{where or '/'}: the page shows a list, the answer has {actual!r}")
        if REST in expected:
            at = expected.index(REST)
            before, after = expected[:at], expected[at + 1 :]
            if len(actual) < len(before) + len(after):
                raise OutputError(f"{where or '/'}: the answer has only {len(actual)} elements")
            actual = actual[:at] + actual[len(actual) - len(after) :]
            expected = before + after
        if len(actual) != len(expected):
            raise OutputError(
                f"{where or '/'}: {len(expected)} elements shown, {len(actual)} in the answer"
            )
        for number, (shown, real) in enumerate(zip(expected, actual, strict=True)):
            self._check_value(shown, real, f"{where}/{number}")


_ANY_LINES = "\0"
_NEWLINE = re.escape("\n")
_ANY_LINES_PATTERNS = (
    (_ANY_LINES + _NEWLINE, r"(?:[^\n]*\n)*"),
    (_NEWLINE + _ANY_LINES, r"(?:\n[^\n]*)*"),
    (_ANY_LINES, r"[\s\S]*"),
)


def _group(name: str) -> str:
    return "name_" + name.replace("-", "__dash__")


def _name(group: str) -> str:
    return group.removeprefix("name_").replace("__dash__", "-")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def read_pattern(text: str) -> Any:
    """JSON in which `...` may stand for members, elements or a value, and `<name>` for a value."""
    tokens = [match for match in TOKEN.finditer(text) if match.group().strip()]
    if "".join(match.group() for match in tokens).split() != text.split():
        raise ValueError(f"not readable as JSON: {text}")
    tokens.reverse()
    value = _read_value(tokens)
    if tokens:
        raise ValueError(f"more than one JSON value: {text}")
    return value


def _read_value(tokens: list[re.Match[str]]) -> Any:
    token = tokens.pop()
    match token.lastgroup, token[token.lastgroup or 0]:
        case "rest", _:
            return REST
        case "mark", "{":
            return _read_object(tokens)
        case "mark", "[":
            return _read_array(tokens)
        case "word", word if PLACEHOLDER.fullmatch(word):
            return word
        case _, scalar:
            return json.loads(scalar)


def _read_object(tokens: list[re.Match[str]]) -> dict[Any, Any]:
    members: dict[Any, Any] = {}
    while not _closes(tokens, "}"):
        name = _read_value(tokens)
        if name is not REST:
            if not isinstance(name, str) or tokens.pop()["mark"] != ":":
                raise ValueError(f"not a member of an object: {name!r}")
            members[name] = _read_value(tokens)
        else:
            members[REST] = REST
    return members


def _read_array(tokens: list[re.Match[str]]) -> list[Any]:
    elements: list[Any] = []
    while not _closes(tokens, "]"):
        elements.append(_read_value(tokens))
    return elements


def _closes(tokens: list[re.Match[str]], mark: str) -> bool:
    """Step over a comma; tell whether the object or array ends here."""
    if tokens[-1]["mark"] == ",":
        tokens.pop()
    if tokens[-1]["mark"] == mark:
        tokens.pop()
        return True
    return False
