"""The settings of the service: one frozen object, read once from the environment.

Each field of :class:`Settings` is the variable ``CONVCARDS_`` + its name in capitals. A variable of
that prefix that is none of them, or a value that can't be read, is a :class:`ConfigError` with one
line that says what would be right: a misspelt setting never goes unnoticed. With ``_FILE`` at its
end a variable names a file that holds the value, as container secrets do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

__all__ = ["FROM_FILE", "PREFIX", "ConfigError", "Settings", "markdown_table"]

PREFIX: Final = "CONVCARDS_"
FROM_FILE: Final = "_FILE"
SHORTEST_SECRET: Final = 32

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=str)


class ConfigError(Exception):
    """A setting that can't be used; its text is one line fit for a terminal."""


def _whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= 18:
            number = int(text)
            if minimum <= number <= maximum:
                return number
        raise ValueError(f"a whole number from {minimum} to {maximum}")

    return read


def _none_or(minimum: int, maximum: int) -> Callable[[str], int]:
    read_some = _whole(minimum, maximum)

    def read(text: str) -> int:
        try:
            return 0 if text == "0" else read_some(text)
        except ValueError as wanted:
            raise ValueError(f"0, or {wanted}") from None

    return read


def _one_of(*words: _Word) -> Callable[[str], _Word]:
    def read(text: str) -> _Word:
        for word in words:
            if text == word:
                return word
        raise ValueError(f"one of {', '.join(words)}")

    return read


def _secrets(text: str) -> tuple[str, ...]:
    """Texts of 32 characters or more with commas between them."""
    found = tuple(part.strip() for part in text.split(","))
    if all(len(part) >= SHORTEST_SECRET and part.isascii() for part in found):
        return found
    raise ValueError(
        f"{SHORTEST_SECRET} or more ASCII characters, or several such texts with commas between"
    )


def _address_of_storage(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme in ("valkey", "valkeys", "redis", "rediss") and parts.hostname:
        return text
    raise ValueError("an address such as valkey://localhost:6379/0")


def _address_of_collector(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.hostname:
        return text
    raise ValueError("an address such as http://localhost:4318")


def _text(what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text:
            return text
        raise ValueError(what)

    return read


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    if all(name.isascii() and "/" not in name and " " not in name for name in names):
        return names
    raise ValueError("host names with commas between them, such as cards.local,10.0.0.5")


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(network.strip() for network in text.split(",") if network.strip())
    try:
        for network in networks:
            ip_network(network)
    except ValueError:
        raise ValueError("addresses or networks with commas between them: 10.0.0.0/24") from None
    return networks


def _networks_or_none(text: str) -> tuple[str, ...]:
    try:
        return () if text == "none" else _networks(text)
    except ValueError as wanted:
        raise ValueError(f"none, or {wanted}") from None


def _setting(default: _T, read: Callable[[str], _T], explanation: str) -> _T:
    """A field of :class:`Settings`: its default, how its text is read, what it is for."""
    made: _T = field(default=default, metadata={"read": read, "help": explanation}, repr=False)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set about the service. Defaults are those of production."""

    mode: Literal["local", "secured"] = _setting(
        "secured",
        _one_of("local", "secured"),
        "`secured`: API keys are needed. `local`: none, and only this machine is answered; "
        "`convcards serve` sets it.",
    )
    host: str = _setting("127.0.0.1", _text("an address"), "Address to listen on.")
    port: int = _setting(8000, _whole(0, 65_535), "Port to listen on; 0 takes any free one.")
    database_url: str = _setting(
        "sqlite:///data/convcards.sqlite3",
        _text("a database address"),
        "`sqlite:///relative.db`, `sqlite:////absolute.db` or "
        "`postgresql://user:password@host:5432/name`.",
    )
    reports_database_url: str = _setting(
        "",
        _text("a database address"),
        "A read replica of a PostgreSQL database, from which reports of decks are counted; while "
        "it is away, from the database itself.",
    )
    anonymous: Literal["public", "none"] = _setting(
        "public",
        _one_of("public", "none"),
        "Secured mode: whether what is public and read-only (shapes, small convolutions, cards) "
        "is answered without a key.",
    )
    token_key: tuple[str, ...] = _setting(
        (),
        _secrets,
        "What learners' tokens are signed with: 32 random characters or more. With commas between "
        "them further ones are still taken, which is how it is changed. Without it the service "
        "makes one, kept in the database.",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (),
        _names,
        "Local mode: further host names to answer under, with commas between them; "
        "localhost, 127.0.0.1 and [::1] always are.",
    )
    rate_limits: Literal["auto", "on", "off"] = _setting(
        "auto",
        _one_of("auto", "on", "off"),
        "Whether requests are counted and surplus ones refused; `auto`: in secured mode.",
    )
    rate_anonymous: int = _setting(
        60, _whole(1, 10**9), "Requests a minute from one address without a key; heavy work is 5."
    )
    rate_key: int = _setting(
        600, _whole(1, 10**9), "Requests a minute with one key, or by one learner; heavy work is 5."
    )
    rate_limit_storage: str = _setting(
        "",
        _address_of_storage,
        "Valkey or Redis to count in, for several processes or machines: "
        "`valkey://[user:password@]host:6379/0`, or `valkeys://` with TLS (`redis://` and "
        "`rediss://` too). Without it each process counts for itself.",
    )
    max_body_bytes: int = _setting(
        4 * 1024 * 1024, _whole(1024, 2**30), "Largest body of a request, in bytes."
    )
    max_macs: int = _setting(
        200_000_000,
        _whole(1, 10**12),
        "Most multiply-accumulates that one convolution may ask for.",
    )
    workers: int = _setting(
        0,
        _whole(0, 64),
        "Processes that serve on PostgreSQL; 0 takes one a core, from 2 to 8. SQLite has one.",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        _networks,
        "Reverse proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, "
        "with commas between them. From anybody else these headers count for nothing.",
    )
    metrics_from: tuple[str, ...] = _setting(
        ("127.0.0.0/8", "::1"),
        _networks_or_none,
        "Who may read `/metrics`: addresses or networks with commas between them, or `none`. What "
        "comes through a proxy never may.",
    )
    traces_to: str = _setting(
        "",
        _address_of_collector,
        "Where spans go, by OTLP over HTTP: `http://collector:4318`. Needs the extra `otel`.",
    )
    keep_idempotency_hours: int = _setting(
        24,
        _whole(24, 24 * 366),
        "How long a request with an Idempotency-Key can be repeated, in hours.",
    )
    keep_jobs_hours: int = _setting(
        24,
        _whole(1, 24 * 366),
        "How long a job that has ended, and its result, can be fetched, in hours.",
    )
    keep_ended_keys_days: int = _setting(
        90,
        _whole(1, 36_500),
        "How long API keys that were revoked or have expired are still listed, in days.",
    )
    keep_audit_days: int = _setting(
        0,
        _none_or(90, 36_500),
        "How long the audit log is kept, in days; 0 is for ever. The database itself refuses to "
        "give up anything younger than 90.",
    )
    prune_minutes: int = _setting(
        60,
        _whole(0, 24 * 60),
        "How often the service gives up what it need not keep any longer; 0: only "
        "`convcards prune` does.",
    )
    log_format: Literal["auto", "json", "text"] = _setting(
        "auto",
        _one_of("auto", "json", "text"),
        "`json`: one object a line. `text`: for eyes. `auto`: text on a terminal, else json.",
    )

    @property
    def limits_rates(self) -> bool:
        """Whether requests are counted."""
        return self.rate_limits == "on" or (self.rate_limits == "auto" and self.mode == "secured")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings out of ``environ``; raises :class:`ConfigError`.

        An empty variable counts as not set, as Compose files leave them.
        """
        known = {PREFIX + setting.name.upper(): setting for setting in fields(cls)}
        values: dict[str, Any] = {}
        for variable in sorted(name for name in environ if name.startswith(PREFIX)):
            name = variable if variable in known else variable.removesuffix(FROM_FILE)
            if name not in known:
                raise ConfigError(f"{variable} is no setting{_near(variable, known)}")
            if not environ[variable]:
                continue
            if known[name].name in values:
                raise ConfigError(f"{name} and {variable} are both set: one must do.")
            text = environ[variable] if name == variable else _content(variable, environ[variable])
            values[known[name].name] = _read(variable, text, known[name])
        return cls(**values)


def _content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{variable}: {path} can't be read: {reason}") from None


def _near(variable: str, known: Mapping[str, object]) -> str:
    names = [name.removeprefix(PREFIX) for name in known]
    near = get_close_matches(variable.removeprefix(PREFIX), names, n=1)
    if near:
        return f"; did you mean {PREFIX}{near[0]}?"
    return f"; there are {', '.join(known)}."


def _read(variable: str, text: str, setting: Field[Any]) -> Any:
    try:
        return setting.metadata["read"](text)
    except ValueError as wanted:
        # An address of a database may hold a password, so no value is ever repeated.
        raise ConfigError(f"{variable} can't be read: it must be {wanted}.") from None


def markdown_table() -> str:
    """All settings as the Markdown table that the documentation shows."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for setting in fields(Settings):
        default = setting.default
        text = ",".join(default) if isinstance(default, tuple) else str(default)
        shown = f"`{text}`" if text else "none"
        rows.append(f"| `{PREFIX}{setting.name.upper()}` | {shown} | {setting.metadata['help']} |")
    return "\n".join(rows) + "\n"
