"""The audit log may give up what is older than 90 days; what is younger nobody can take out.

Revision 0009.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REFUSE = "audit_events is append-only"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_refuse_delete")
        op.execute(
            "CREATE TRIGGER audit_events_refuse_delete BEFORE DELETE ON audit_events "
            "WHEN OLD.at > datetime('now', '-90 days') "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSE}'); END"
        )
        return
    op.execute("DROP TRIGGER audit_events_refuse_change ON audit_events")
    op.execute(
        "CREATE TRIGGER audit_events_refuse_change BEFORE UPDATE OR TRUNCATE "
        "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_refuse_delete BEFORE DELETE ON audit_events FOR EACH ROW "
        "WHEN (OLD.at > now() - interval '90 days') EXECUTE FUNCTION refuse_any_change()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_events_refuse_delete")
        op.execute(
            "CREATE TRIGGER audit_events_refuse_delete BEFORE DELETE ON audit_events "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSE}'); END"
        )
        return
    op.execute("DROP TRIGGER audit_events_refuse_delete ON audit_events")
    op.execute("DROP TRIGGER audit_events_refuse_change ON audit_events")
    op.execute(
        "CREATE TRIGGER audit_events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change()"
    )
