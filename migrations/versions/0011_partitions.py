"""Answers and reviews by month on PostgreSQL; nothing changes on SQLite.

Revision 0011. Ids begin with the time they were made at, so a month is a range of ids. An answer
lies in the month of its question: so the database itself still holds that an attempt of a question
has one answer. A review lies in its own month, and is counted up under the lock of its person;
that no number is taken twice the database holds within a month.

What is there becomes the first partition as it stands: no row is copied, and no lock is held but
for moments. Rows whose ids lie beyond it were not made by this service; then all that is there
becomes the default partition. Going back, the largest partition becomes the table again, and takes
in the rows of the others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = {"answers": "question_id", "reviews": "id"}
COVERING = {
    "answers": "user_id, id, question_id, attempt, answered_at, correct, mistake, rating,"
    " duration_ms",
    "reviews": "user_id, id, rating, undoes, answer_id, reviewed_at, scheduled_days,"
    " retrievability",
}
INDEXES = {
    "answers": {
        "id": "pk_answers",
        "question_id, attempt": "uq_answers_question_id_attempt",
        COVERING["answers"]: "ix_answers_of_user",
    },
    "reviews": {
        "id": "pk_reviews",
        "user_id, subject, event": "uq_reviews_user_id_subject_event",
        "undoes": "uq_reviews_undoes",
        "answer_id": "ix_reviews_answer_id",
        COVERING["reviews"]: "ix_reviews_of_user",
    },
}
UNIQUE = {
    "answers": "CONSTRAINT uq_answers_question_id_attempt UNIQUE (question_id, attempt)",
    "reviews": "CONSTRAINT pk_reviews PRIMARY KEY (id)",
}
REFERENCES = {"answers": ("question_id", "user_id"), "reviews": ("user_id",)}
GIVEN_UP = {"undoes": "reviews", "answer_id": "answers"}
"""What reviews refer to: alone it is not unique over months, so that nothing can hold it."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(START_OF_IDS)
    op.execute(KEEP_PARTITIONS)
    # Not the very end of a month: what is written meanwhile has to lie within the bound.
    soon = "date_trunc('month', now() AT TIME ZONE 'UTC' + interval '7 days')"
    bound = op.get_bind().scalar(sa.text(f"SELECT start_of_ids({soon} + interval '1 month')"))
    fitting = [table for table in KEYS if not beyond(table, bound)]
    for table in fitting:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS earlier")
        op.execute(
            f"ALTER TABLE {table} "
            f"ADD CONSTRAINT earlier CHECK ({KEYS[table]} < '{bound}') NOT VALID"
        )
    with op.get_context().autocommit_block():
        for table in fitting:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT earlier")
    lock()
    for column, other in GIVEN_UP.items():
        op.execute(f"ALTER TABLE reviews DROP CONSTRAINT fk_reviews_{column}_{other}")
    for table in KEYS:
        divide(table, bound if table in fitting else None)
    op.execute("SELECT keep_partitions(now(), 3)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    lock()
    for table in KEYS:
        unite(table)
    for column, other in GIVEN_UP.items():
        op.execute(
            f"ALTER TABLE reviews ADD CONSTRAINT fk_reviews_{column}_{other} "
            f"FOREIGN KEY ({column}) REFERENCES {other} (id) NOT VALID"
        )
    op.execute("DROP FUNCTION keep_partitions(timestamptz, integer)")
    op.execute("DROP FUNCTION start_of_ids(timestamp)")
    with op.get_context().autocommit_block():
        for column, other in GIVEN_UP.items():
            op.execute(f"ALTER TABLE reviews VALIDATE CONSTRAINT fk_reviews_{column}_{other}")


def lock() -> None:
    """Lock what has to be, in the order in which the service does it."""
    op.execute("LOCK TABLE users, questions, answers, reviews IN ACCESS EXCLUSIVE MODE")


def beyond(table: str, bound: object) -> bool:
    return bool(
        op.get_bind().scalar(
            sa.text(
                f"SELECT EXISTS (SELECT 1 FROM {table} "  # noqa: S608 - names of this file
                f"WHERE {KEYS[table]} >= :bound)"
            ),
            {"bound": bound},
        )
    )


def divide(table: str, bound: object | None) -> None:
    """Put a table into a partitioned one of its name; without a bound as the default partition."""
    part = f"{table}_other" if bound is None else f"{table}_earlier"
    op.execute(f"DROP TRIGGER {table}_refuse_change ON {table}")
    for found, name in indexes(table):
        op.execute(f"ALTER INDEX {found} RENAME TO {part}_{name}")
    op.execute(f"ALTER TABLE {table} RENAME TO {part}")
    op.execute(
        f"CREATE TABLE {table} (LIKE {part} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
        f"PARTITION BY RANGE ({KEYS[table]})"
    )
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS earlier")
    op.execute(f"ALTER TABLE {table} ADD {UNIQUE[table]}")
    for column in REFERENCES[table]:
        other = "users" if column == "user_id" else "questions"
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_{column}_{other} "
            f"FOREIGN KEY ({column}) REFERENCES {other} (id)"
        )
    op.execute(f"CREATE INDEX ix_{table}_of_user ON {table} ({COVERING[table]})")
    if table == "reviews":
        op.execute("CREATE INDEX ix_reviews_answer_id ON reviews (answer_id)")
    guard(table)
    if bound is not None:
        op.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES FROM (MINVALUE) TO ('{bound}')"
        )
        op.execute(f"ALTER TABLE {part} DROP CONSTRAINT earlier")
        op.execute(f"CREATE TABLE {table}_other (LIKE {part} INCLUDING ALL)")
        guard_truncate(table, f"{table}_other")
    op.execute(f"ALTER TABLE {table} ATTACH PARTITION {table}_other DEFAULT")


def unite(table: str) -> None:
    """Make one table of a partitioned one again."""
    op.execute(f"DROP TRIGGER {table}_refuse_change ON {table}")
    largest, *others = op.get_bind().scalars(
        sa.text(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = CAST(:name AS regclass)"
            " ORDER BY pg_relation_size(inhrelid) DESC, 1"
        ),
        {"name": table},
    )
    op.execute(f"ALTER TABLE {table} DETACH PARTITION {largest}")
    for other in others:
        op.execute(f"INSERT INTO {largest} SELECT * FROM {other}")  # noqa: S608 - names of ours
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {largest} RENAME TO {table}")
    for found, name in indexes(table):
        op.execute(f"ALTER INDEX {found} RENAME TO {name}")
    op.execute(
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def indexes(table: str) -> list[tuple[str, str]]:
    """The names that a table's indexes have, and those that they have in a whole table."""
    found = op.get_bind().execute(
        sa.text(
            "SELECT indexrelid::regclass::text, string_agg(attname, ', ' ORDER BY attnum)"
            " FROM pg_index JOIN pg_attribute ON attrelid = indexrelid"
            " WHERE indrelid = CAST(:name AS regclass) GROUP BY indexrelid"
        ),
        {"name": table},
    )
    return [(index, INDEXES[table][columns]) for index, columns in found]


def guard(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    guard_truncate(table, table)


def guard_truncate(table: str, part: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {part} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"
    )


START_OF_IDS = """
CREATE FUNCTION start_of_ids(at timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT rpad(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$
"""
KEEP_PARTITIONS = """
CREATE FUNCTION keep_partitions(at timestamptz, ahead integer) RETURNS SETOF text LANGUAGE plpgsql
AS $$
DECLARE
    month timestamp;
    parent text;
    key text;
    part text;
    first uuid;
    after uuid;
    misplaced boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('keep_partitions'));
    FOR parent, key IN VALUES ('answers', 'question_id'), ('reviews', 'id') LOOP
        FOR month IN SELECT date_trunc('month', at AT TIME ZONE 'UTC') + n * interval '1 month'
            FROM generate_series(0, ahead) AS n
        LOOP
            part := parent || to_char(month, '_YYYY_MM');
            first := start_of_ids(month);
            after := start_of_ids(month + interval '1 month');
            CONTINUE WHEN to_regclass(part) IS NOT NULL OR EXISTS (
                SELECT 1 FROM pg_class
                WHERE oid = to_regclass(parent || '_earlier') AND relispartition AND after <=
                    substring(pg_get_expr(relpartbound, oid) FROM 'TO \\(''(.+)''\\)')::uuid
            );
            LOCK TABLE users, questions IN SHARE ROW EXCLUSIVE MODE; -- as others do before answers
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent || '_other');
            EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT '
                'EXECUTE FUNCTION refuse_truncate()', parent || '_refuse_truncate', part);
            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE %I >= $1 AND %2$I < $2)',
                parent || '_other', key) INTO misplaced USING first, after;
            IF misplaced THEN
                EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', parent || '_other');
                EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %2$I < $2 '
                    'RETURNING *) INSERT INTO %I SELECT * FROM moved',
                    parent || '_other', key, part) USING first, after;
                EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', parent || '_other');
            END IF;
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, part, first, after);
            RETURN NEXT part;
        END LOOP;
    END LOOP;
END $$
"""
