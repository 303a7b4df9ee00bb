"""The first tables: tenants, users, keys, decks, questions, answers; answers are append-only.

Revision 0001. A later revision that makes `answers` or `unread_responses` anew (batch mode on
SQLite drops a table's triggers with it) has to make the triggers again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("answers", "unread_responses")


def upgrade() -> None:
    make_people()
    make_decks()
    make_questions()
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "unread_responses",
        "answers",
        "questions",
        "card_versions",
        "cards",
        "decks",
        "api_keys",
        "users",
        "tenants",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
        op.execute("DROP FUNCTION refuse_truncate()")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def string(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def uuid(name: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=False)


def json(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def primary_key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def make_people() -> None:
    op.create_table(
        "tenants",
        string("id", 64),
        string("name", 200),
        moment("created_at"),
        primary_key("tenants", "id"),
    )
    op.create_table(
        "users",
        uuid("id"),
        string("tenant_id", 64),
        string("external_id", 255),
        string("timezone", 64, nullable=True),
        moment("created_at"),
        moment("erased_at", nullable=True),
        primary_key("users", "id"),
        refers("users", "tenant_id", "tenants"),
        unique("users", "tenant_id", "external_id"),
    )
    op.create_table(
        "api_keys",
        string("id", 64),
        string("tenant_id", 64),
        string("name", 200),
        sa.Column("secret_sha256", sa.LargeBinary(32), nullable=False),
        json("scopes"),
        moment("created_at"),
        moment("expires_at", nullable=True),
        moment("revoked_at", nullable=True),
        moment("last_used_at", nullable=True),
        primary_key("api_keys", "id"),
        refers("api_keys", "tenant_id", "tenants"),
    )
    index("api_keys", "tenant_id")
    op.create_table(
        "idempotency_keys",
        uuid("user_id"),
        string("key", 255),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        number("status", nullable=True),
        string("media_type", 200, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        moment("created_at"),
        primary_key("idempotency_keys", "user_id", "key"),
        refers("idempotency_keys", "user_id", "users"),
        check("idempotency_keys", "answer", "(status IS NULL) = (body IS NULL)"),
        check("idempotency_keys", "media_type", "(status IS NULL) = (media_type IS NULL)"),
    )
    index("idempotency_keys", "created_at")


def make_decks() -> None:
    op.create_table(
        "decks",
        string("id", 64),
        string("tenant_id", 64, nullable=True),
        string("title", 10_000),
        string("description", 10_000),
        string("content_hash", 64),
        moment("created_at"),
        moment("updated_at"),
        primary_key("decks", "id"),
        refers("decks", "tenant_id", "tenants"),
    )
    index("decks", "tenant_id")
    op.create_table(
        "cards",
        string("id", 129),
        string("deck_id", 64),
        string("key", 64),
        number("position"),
        number("version"),
        moment("retired_at", nullable=True),
        primary_key("cards", "id"),
        refers("cards", "deck_id", "decks"),
        unique("cards", "deck_id", "key"),
    )
    index("cards", "deck_id", "position")
    op.create_table(
        "card_versions",
        string("card_id", 129),
        number("version"),
        json("content"),
        string("content_hash", 64),
        moment("created_at"),
        primary_key("card_versions", "card_id", "version"),
        refers("card_versions", "card_id", "cards"),
    )


def make_questions() -> None:
    op.create_table(
        "questions",
        uuid("id"),
        uuid("user_id"),
        string("kind", 64),
        string("template", 64),
        number("template_version"),
        string("engine_version", 64),
        number("seed"),
        string("difficulty", 64),
        string("card_id", 129, nullable=True),
        number("card_version", nullable=True),
        number("attempts_allowed"),
        number("attempts_used"),
        string("state", 64),
        moment("issued_at"),
        moment("closed_at", nullable=True),
        primary_key("questions", "id"),
        refers("questions", "user_id", "users"),
        sa.ForeignKeyConstraint(
            ["card_id", "card_version"],
            ["card_versions.card_id", "card_versions.version"],
            name="fk_questions_card_id_card_version_card_versions",
        ),
        check("questions", "state", "state IN ('open', 'answered', 'revealed')"),
        check("questions", "card", "(card_id IS NULL) = (card_version IS NULL)"),
        check("questions", "attempts", "attempts_used >= 0 AND attempts_used <= attempts_allowed"),
        check("questions", "closed", "(state = 'open') = (closed_at IS NULL)"),
    )
    index("questions", "user_id", "id")
    op.create_table(
        "answers",
        uuid("id"),
        uuid("question_id"),
        uuid("user_id"),
        number("attempt"),
        json("response"),
        json("read", nullable=True),
        sa.Column("correct", sa.Boolean(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        string("mistake", 64, nullable=True),
        string("rating", 64, nullable=True),
        number("duration_ms", nullable=True),
        moment("answered_at"),
        primary_key("answers", "id"),
        refers("answers", "question_id", "questions"),
        refers("answers", "user_id", "users"),
        unique("answers", "question_id", "attempt"),
        check("answers", "attempt", "attempt >= 1"),
        check("answers", "score", "score >= 0 AND score <= 1"),
        check("answers", "rating", "rating IN ('again', 'hard', 'good', 'easy')"),
        check("answers", "duration_ms", "duration_ms >= 0"),
    )
    index("answers", "user_id", "id")
    op.create_table(
        "unread_responses",
        uuid("id"),
        uuid("question_id"),
        uuid("user_id"),
        string("response", 10_000),
        string("reason", 64),
        moment("received_at"),
        primary_key("unread_responses", "id"),
        refers("unread_responses", "question_id", "questions"),
        refers("unread_responses", "user_id", "users"),
    )
    index("unread_responses", "question_id")
    index("unread_responses", "user_id", "id")


def guard_sqlite() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} WHEN "  # noqa: S608
            "(SELECT erased_at FROM users WHERE id = OLD.user_id) IS NULL "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        )


def guard_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND EXISTS (
                SELECT 1 FROM users WHERE id = OLD.user_id AND erased_at IS NOT NULL
            ) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% are append-only', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% are append-only', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"
        )
