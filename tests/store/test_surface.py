"""What other rooms may use of the store, and where the project's files are found."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import service.store
from service import resources
from service.store import errors

CHECKOUT = Path(__file__).parents[2]


def test_the_public_surface_is_this() -> None:
    names = set(service.store.__all__)
    assert names == {
        *("Database", "Timeouts", "Page", "RandomBits", "uuid7", "random_id"),
        *(
            "answers",
            "audit",
            "authoring",
            "decks",
            "idempotency",
            "issuers",
            "jobs",
            "keys",
            "memories",
            "migrate",
            "personal",
            "practice",
            "progress",
        ),
        *("questions", "quizzes", "recording", "reports", "reviews", "signing", "tenants", "users"),
        *("templates", "Template", "TemplateVersion"),
        *(
            "Answer",
            "ApiKey",
            "AuditEvent",
            "Card",
            "CardVersion",
            "Deck",
            "IdempotencyKey",
            "Issuer",
            "Job",
            "Memory",
            "Question",
            "Quiz",
            "Review",
        ),
        *("Tenant", "TokenKey", "UnreadResponse", "User"),
        *(
            name
            for name, value in vars(errors).items()
            if isinstance(value, type) and issubclass(value, errors.StoreError)
        ),
    }
    assert all(hasattr(service.store, name) for name in names)


def test_the_tree_in_the_docstring_has_every_error() -> None:
    drawn = (errors.__doc__ or "").split("::")[1].split()
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.StoreError):
            assert name in drawn


def test_serving_does_not_import_alembic() -> None:
    program = "import sys, service.store; sys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_files_of_a_checkout() -> None:
    assert resources.migrations_folder() == CHECKOUT / "migrations"
    assert (resources.migrations_folder() / "env.py").is_file()
    assert resources.openapi_file() == CHECKOUT / "openapi.yaml"
    assert resources.gunicorn_config_file() == CHECKOUT / "gunicorn.conf.py"


def test_files_of_an_installed_package(tmp_path: Path) -> None:
    (tmp_path / "_project").mkdir()
    copy = shutil.copy(CHECKOUT / "service" / "resources.py", tmp_path)
    spec = importlib.util.spec_from_file_location("installed_resources", copy)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.migrations_folder() == tmp_path / "_project" / "migrations"
