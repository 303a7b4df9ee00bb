"""Who may come in: keys that sign learners' tokens, issuers of other tokens, and the audit log.

Revision 0007. The audit log is append-only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_keys",
        string("id", 64),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        moment("created_at"),
        moment("retires_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_token_keys"),
    )
    op.create_table(
        "issuers",
        string("issuer", 255),
        string("audience", 255),
        string("tenant_id", 64),
        string("jwks_uri", 255),
        sa.Column("algorithms", sa.JSON(), nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("issuer", "audience", name="pk_issuers"),
        of_a_tenant("issuers"),
    )
    op.create_index("ix_issuers_tenant_id", "issuers", ["tenant_id"])
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        string("tenant_id", 64),
        moment("at"),
        string("actor", 200),
        string("action", 64),
        string("subject", 255, nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        string("request_id", 200, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
        of_a_tenant("audit_events"),
    )
    op.create_index("ix_audit_events_tenant_id_id", "audit_events", ["tenant_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def downgrade() -> None:
    op.drop_table("audit_events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_any_change()")
    op.drop_table("issuers")
    op.drop_table("token_keys")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def string(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=nullable)


def of_a_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id_tenants"
    )


def guard_sqlite() -> None:
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_events_refuse_{change} BEFORE {change.upper()} ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END"
        )


def guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_any_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change()"
    )
