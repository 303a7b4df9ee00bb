"""What a person remembers: reviews, which are append-only, and the memories that follow from them.

Revision 0002. People get the settings of their schedule.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("schedule", sa.JSON(), nullable=True))
    make_memories()
    make_reviews()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def downgrade() -> None:
    op.drop_table("reviews")
    op.drop_table("memories")
    op.drop_column("users", "schedule")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def string(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def make_memories() -> None:
    op.create_table(
        "memories",
        uuid("user_id"),
        string("subject", 138),
        string("deck_id", 64, nullable=True),
        number("events"),
        string("state", 64, nullable=True),
        number("step", nullable=True),
        sa.Column("stability", sa.Float(), nullable=True),
        sa.Column("difficulty", sa.Float(), nullable=True),
        moment("due", nullable=True),
        moment("due_from", nullable=True),
        moment("last_review", nullable=True),
        sa.PrimaryKeyConstraint("user_id", "subject", name="pk_memories"),
        refers("memories", "user_id", "users"),
        refers("memories", "deck_id", "decks"),
        check("memories", "state", "state IN ('learning', 'review', 'relearning')"),
        check("memories", "stability", "stability > 0"),
        check("memories", "difficulty", "difficulty >= 1 AND difficulty <= 10"),
    )
    op.create_index("ix_memories_user_id_due_from", "memories", ["user_id", "due_from"])
    op.create_index(
        "ix_memories_user_id_deck_id_due_from", "memories", ["user_id", "deck_id", "due_from"]
    )


def make_reviews() -> None:
    op.create_table(
        "reviews",
        uuid("id"),
        uuid("user_id"),
        string("subject", 138),
        number("event"),
        string("rating", 64, nullable=True),
        uuid("undoes", nullable=True),
        uuid("answer_id", nullable=True),
        moment("reviewed_at"),
        moment("due_from", nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("schedule", sa.JSON(), nullable=True),
        number("duration_ms", nullable=True),
        moment("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        refers("reviews", "user_id", "users"),
        refers("reviews", "undoes", "reviews"),
        refers("reviews", "answer_id", "answers"),
        sa.UniqueConstraint("user_id", "subject", "event", name="uq_reviews_user_id_subject_event"),
        sa.UniqueConstraint("undoes", name="uq_reviews_undoes"),
        check("reviews", "event", "event >= 1"),
        check("reviews", "rating", "rating IN ('again', 'hard', 'good', 'easy')"),
        check("reviews", "undoes", "(rating IS NULL) = (undoes IS NOT NULL)"),
        check("reviews", "duration_ms", "duration_ms >= 0"),
    )
    op.create_index("ix_reviews_user_id_id", "reviews", ["user_id", "id"])
    op.create_index("ix_reviews_answer_id", "reviews", ["answer_id"])


def guard_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER reviews_refuse_update BEFORE UPDATE ON reviews "
        "BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER reviews_refuse_delete BEFORE DELETE ON reviews WHEN "
        "(SELECT erased_at FROM users WHERE id = OLD.user_id) IS NULL "
        "BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END"
    )


def guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER reviews_refuse_change BEFORE UPDATE OR DELETE ON reviews "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER reviews_refuse_truncate BEFORE TRUNCATE ON reviews "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"
    )
