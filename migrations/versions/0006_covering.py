"""Indexes that a person's progress is read from alone, and what was expected of each review.

Revision 0006. However many answers other people gave, reading one person's progress touches that
person's stretch of each index and nothing else. Reviews from before have no expectation.
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


def upgrade() -> None:
    # Constraints of a column: both databases take them with it, and SQLite only so.
    op.execute(
        "ALTER TABLE reviews ADD COLUMN scheduled_days BIGINT "
        "CONSTRAINT ck_reviews_scheduled_days CHECK (scheduled_days >= 0)"
    )
    op.execute(
        "ALTER TABLE reviews ADD COLUMN retrievability FLOAT "
        "CONSTRAINT ck_reviews_retrievability CHECK (retrievability >= 0 AND retrievability <= 1)"
    )
    for table, columns in NARROW.items():
        op.create_index(f"ix_{table}_of_user", table, [*columns, *COVERING[table]])
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)


def downgrade() -> None:
    for table, columns in NARROW.items():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, [*columns])
        op.drop_index(f"ix_{table}_of_user", table)
    op.drop_column("reviews", "retrievability")
    op.drop_column("reviews", "scheduled_days")
