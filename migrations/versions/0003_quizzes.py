"""Quizzes: questions asked together, scored together, and in an exam kept from view until the end.

Revision 0003.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


POSITION = ("ix_questions_quiz_id_position", "questions", ["quiz_id", "position"])


def upgrade() -> None:
    make_quizzes()
    reference = sa.ForeignKey("quizzes.id", name="fk_questions_quiz_id_quizzes")
    add("quiz_id", sa.Uuid(), reference, nullable=True)
    add("position", sa.BigInteger(), nullable=True)
    add("partial_credit", sa.Boolean(), nullable=False, server_default=sa.false())
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(*POSITION, unique=True)
        return
    # While others go on writing; if it fails, all of the above will be found done.
    with op.get_context().autocommit_block():
        op.drop_index(POSITION[0], if_exists=True, postgresql_concurrently=True)
        op.create_index(*POSITION, unique=True, postgresql_concurrently=True)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # in the order in which the service locks them
        op.execute("LOCK TABLE users, decks, questions IN ACCESS EXCLUSIVE MODE")
    op.drop_index("ix_questions_quiz_id_position", "questions")
    for column in ("partial_credit", "position", "quiz_id"):
        op.drop_column("questions", column)
    op.drop_table("quizzes")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def string(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(64), nullable=nullable)


def check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_quizzes_{name}"))


def add(name: str, *what: Any, **more: Any) -> None:
    """A column of questions; SQLite is never half way, and has no words for asking."""
    on = {} if op.get_bind().dialect.name == "sqlite" else {"if_not_exists": True}
    op.add_column("questions", sa.Column(name, *what, **more), inline_references=True, **on)


def make_quizzes() -> None:
    op.create_table(
        "quizzes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        string("mode"),
        string("deck_id", nullable=True),
        string("difficulty"),
        string("score_rule"),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        moment("started_at"),
        moment("closes_at", nullable=True),
        moment("finished_at", nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quizzes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_quizzes_user_id_users"),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name="fk_quizzes_deck_id_decks"),
        check("mode", "mode IN ('practice', 'exam', 'review')"),
        check("score_rule", "score_rule IN ('best', 'last', 'first')"),
        check("score", "score >= 0 AND score <= 1"),
        if_not_exists=True,
    )
    op.create_index("ix_quizzes_user_id_id", "quizzes", ["user_id", "id"], if_not_exists=True)
