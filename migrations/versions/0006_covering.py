"""Indexes that a person's progress is read from alone, and what was expected of each review.

Revision 0006. However many answers other people gave, reading one person's progress touches that
person's stretch of each index and nothing else. Reviews from before have no expectation.

On PostgreSQL rows are looked through, and indexes are made, while others go on writing. So it is
done in steps, each of which may find that it was done before.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NARROW = {
    "answers": ("user_id", "id"),
    "questions": ("user_id", "id"),
    "reviews": ("user_id", "id"),
    "memories": ("user_id", "due_from"),
}
COVERING = {
    "answers": (
        "question_id",
        "attempt",
        "answered_at",
        "correct",
        "mistake",
        "rating",
        "duration_ms",
    ),
    "questions": ("template", "card_id", "quiz_id"),
    "reviews": ("rating", "undoes", "answer_id", "reviewed_at", "scheduled_days", "retrievability"),
    "memories": ("subject",),
}


EXPECTED = {
    "scheduled_days": ("BIGINT", "scheduled_days >= 0"),
    "retrievability": ("FLOAT", "retrievability >= 0 AND retrievability <= 1"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for column, (kind, condition) in EXPECTED.items():
            # SQLite takes the constraint of a new column with it, and only so.
            op.execute(
                f"ALTER TABLE reviews ADD COLUMN {column} {kind} "
                f"CONSTRAINT ck_reviews_{column} CHECK ({condition})"
            )
        for table, columns in NARROW.items():
            op.create_index(covering(table), table, [*columns, *COVERING[table]])
            op.drop_index(narrow(table), table)
        return
    for column, (kind, condition) in EXPECTED.items():
        op.execute(f"ALTER TABLE reviews ADD COLUMN IF NOT EXISTS {column} {kind}")
        op.execute(f"ALTER TABLE reviews DROP CONSTRAINT IF EXISTS ck_reviews_{column}")
        op.execute(
            f"ALTER TABLE reviews ADD CONSTRAINT ck_reviews_{column} CHECK ({condition}) NOT VALID"
        )
    with op.get_context().autocommit_block():
        for column in EXPECTED:
            op.execute(f"ALTER TABLE reviews VALIDATE CONSTRAINT ck_reviews_{column}")
        for table, columns in NARROW.items():
            exchange(table, narrow(table), covering(table), [*columns, *COVERING[table]])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in NARROW.items():
            op.create_index(narrow(table), table, [*columns])
            op.drop_index(covering(table), table)
    else:
        with op.get_context().autocommit_block():
            for table, columns in NARROW.items():
                exchange(table, covering(table), narrow(table), [*columns])
    op.drop_column("reviews", "retrievability")
    op.drop_column("reviews", "scheduled_days")


def narrow(table: str) -> str:
    return f"ix_{table}_{'_'.join(NARROW[table])}"


def covering(table: str) -> str:
    return f"ix_{table}_of_user"


def exchange(table: str, old: str, new: str, columns: list[str]) -> None:
    """Put one index in place of another; one that was not finished is made anew."""
    op.drop_index(new, table, if_exists=True, postgresql_concurrently=True)
    op.create_index(new, table, columns, postgresql_concurrently=True)
    op.drop_index(old, table, if_exists=True, postgresql_concurrently=True)
