"""Settings: read once, strictly, documented by one table."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from service.config import PREFIX, ConfigError, Settings, markdown_table
from service.convolution import DEFAULT_BUDGET


def test_defaults_are_those_of_production() -> None:
    settings = Settings.from_environment({"PATH": "/bin", "convcards_port": "1"})
    assert settings == Settings()
    assert settings.mode == "secured"
    assert settings.port == 8000
    assert settings.database_url == "sqlite:///data/convcards.sqlite3"


def test_is_frozen_and_hides_its_values() -> None:
    settings = Settings(database_url="postgresql://me:hunter2@db/cards")
    assert "hunter2" not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_reads_every_setting() -> None:
    environ = {
        "CONVCARDS_MODE": "local",
        "CONVCARDS_HOST": "0.0.0.0",  # noqa: S104 - only read here
        "CONVCARDS_PORT": "0",
        "CONVCARDS_DATABASE_URL": "postgresql://db/cards",
        "CONVCARDS_REPORTS_DATABASE_URL": "postgresql://replica/cards",
        "CONVCARDS_ANONYMOUS": "none",
        "CONVCARDS_TOKEN_KEY": "0123456789abcdef0123456789abcdef, " + "x" * 40,
        "CONVCARDS_ALLOWED_HOSTS": "Cards.local, 10.0.0.5,",
        "CONVCARDS_RATE_LIMITS": "on",
        "CONVCARDS_RATE_ANONYMOUS": "6",
        "CONVCARDS_RATE_KEY": "60",
        "CONVCARDS_RATE_LIMIT_STORAGE": "valkey://limits:6379/0",
        "CONVCARDS_MAX_BODY_BYTES": "1024",
        "CONVCARDS_MAX_MACS": "5",
        "CONVCARDS_WORKERS": "3",
        "CONVCARDS_TRUSTED_PROXIES": "10.0.0.0/24, ::1",
        "CONVCARDS_METRICS_FROM": "10.1.0.0/16",
        "CONVCARDS_TRACES_TO": "http://collector:4318",
        "CONVCARDS_KEEP_IDEMPOTENCY_HOURS": "48",
        "CONVCARDS_KEEP_JOBS_HOURS": "12",
        "CONVCARDS_KEEP_ENDED_KEYS_DAYS": "7",
        "CONVCARDS_KEEP_AUDIT_DAYS": "365",
        "CONVCARDS_PRUNE_MINUTES": "0",
        "CONVCARDS_LOG_FORMAT": "json",
    }
    settings = Settings.from_environment(environ)
    assert settings == Settings(
        mode="local",
        host="0.0.0.0",  # noqa: S104
        port=0,
        database_url="postgresql://db/cards",
        reports_database_url="postgresql://replica/cards",
        anonymous="none",
        token_key=("0123456789abcdef0123456789abcdef", "x" * 40),
        allowed_hosts=("cards.local", "10.0.0.5"),
        rate_limits="on",
        rate_anonymous=6,
        rate_key=60,
        rate_limit_storage="valkey://limits:6379/0",
        max_body_bytes=1024,
        max_macs=5,
        workers=3,
        trusted_proxies=("10.0.0.0/24", "::1"),
        metrics_from=("10.1.0.0/16",),
        traces_to="http://collector:4318",
        keep_idempotency_hours=48,
        keep_jobs_hours=12,
        keep_ended_keys_days=7,
        keep_audit_days=365,
        prune_minutes=0,
        log_format="json",
    )
    assert {PREFIX + setting.name.upper() for setting in fields(Settings)} == set(environ)


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.from_environment({"CONVCARDS_PORT": "", "CONVCARDS_MODE": ""}) == Settings()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CONVCARDS_PROT": "1"}, "CONVCARDS_PROT is no setting; did you mean CONVCARDS_PORT?"),
        ({"CONVCARDS_PROT": ""}, "CONVCARDS_PROT is no setting; did you mean CONVCARDS_PORT?"),
        ({"CONVCARDS_X": "1"}, "CONVCARDS_X is no setting; there are CONVCARDS_MODE, "),
        ({"CONVCARDS_PORT": "65536"}, "it must be a whole number from 0 to 65535."),
        ({"CONVCARDS_PORT": "-1"}, "it must be a whole number from 0 to 65535."),
        ({"CONVCARDS_PORT": "٣"}, "it must be a whole number from 0 to 65535."),
        ({"CONVCARDS_PORT": "9" * 99}, "it must be a whole number from 0 to 65535."),
        (
            {"CONVCARDS_MODE": "open"},
            "CONVCARDS_MODE can't be read: it must be one of local, secured.",
        ),
        ({"CONVCARDS_ALLOWED_HOSTS": "http://x"}, "host names with commas between them"),
        ({"CONVCARDS_ALLOWED_HOSTS": "a b"}, "host names with commas between them"),
        ({"CONVCARDS_TRUSTED_PROXIES": "nginx"}, "addresses or networks"),
        ({"CONVCARDS_METRICS_FROM": "all"}, "none, or addresses or networks"),
        ({"CONVCARDS_TRACES_TO": "collector"}, "such as http://localhost:4318"),
        ({"CONVCARDS_TOKEN_KEY": "x" * 31}, "32 or more ASCII characters"),
        ({"CONVCARDS_RATE_LIMIT_STORAGE": "memcached://x"}, "such as valkey://localhost:6379/0"),
        ({"CONVCARDS_KEEP_AUDIT_DAYS": "89"}, "0, or a whole number from 90 to 36500"),
        ({"CONVCARDS_LOG_FORMAT": "xml"}, "one of auto, json, text"),
    ],
)
def test_says_in_one_line_what_is_wrong(environ: Mapping[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_environment(environ)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_never_repeats_a_value() -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_environment({"CONVCARDS_MODE": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_reads_a_value_out_of_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://db/cards\n")
    name = "CONVCARDS_DATABASE_URL"
    settings = Settings.from_environment({f"{name}_FILE": str(secret)})
    assert settings.database_url == "postgresql://db/cards"
    with pytest.raises(ConfigError, match="both set"):
        Settings.from_environment({f"{name}_FILE": str(secret), name: "sqlite:///x.db"})
    with pytest.raises(ConfigError, match="No such file"):
        Settings.from_environment({f"{name}_FILE": str(tmp_path / "none")})
    secret.write_text("")
    with pytest.raises(ConfigError, match="must be a database address"):
        Settings.from_environment({f"{name}_FILE": str(secret)})
    secret.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Settings.from_environment({f"{name}_FILE": str(secret)})
    with pytest.raises(ConfigError, match="is no setting"):
        Settings.from_environment({"CONVCARDS_PROT_FILE": "x"})


def test_the_limit_is_the_engine_s_own() -> None:
    assert Settings().max_macs == DEFAULT_BUDGET.max_macs


def test_the_table_names_every_setting() -> None:
    rows = markdown_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [
        PREFIX + setting.name.upper() for setting in fields(Settings)
    ]
    assert all(row.count("|") == 4 for row in rows)
