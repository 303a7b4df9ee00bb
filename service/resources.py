"""Where the project's files outside the package are: in a checkout, or inside an installed wheel.

In a checkout they lie beside `service/`; a wheel carries copies in `service/_project/`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _project(package: Path = _PACKAGE) -> Path:
    installed = package / "_project"
    return installed if installed.is_dir() else package.parent


def migrations_folder() -> Path:
    """The folder of Alembic's env.py and versions/."""
    return _project() / "migrations"


def openapi_file() -> Path:
    """The committed contract, openapi.yaml."""
    return _project() / "openapi.yaml"


def gunicorn_config_file() -> Path:
    """The one place of server settings, gunicorn.conf.py."""
    return _project() / "gunicorn.conf.py"
