"""Alembic's entry: runs revisions on the connection that `service.store.migrate` hands over.

Called by the `alembic` command instead (to write a new revision), it opens the database named by
CONVCARDS_DATABASE_URL itself.
"""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from service.store.engine import make_engine
from service.store.partitions import compared
from service.store.tables import Base


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our column types into a new revision as what the database sees: code may change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain_type,
        transactional_ddl=True,
        transaction_per_migration=True,
        include_object=compared(connection.dialect.name),
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(os.environ["CONVCARDS_DATABASE_URL"])
    with engine.begin() if engine.dialect.name == "sqlite" else engine.connect() as opened:
        run(opened)
    engine.dispose()
