"""Long work that is asked for now and done later.

Revision 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("request", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("done", "total")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("lease", "lost")),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        *(sa.Column(name, moment, nullable=True) for name in ("alive_at", "finished_at")),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("media_type", sa.String(200), nullable=True),
        sa.Column("disposition", sa.String(255), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_jobs_tenant_id_tenants"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_jobs_user_id_users"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint("done <= total", name=op.f("ck_jobs_done")),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (state IN ('queued', 'running'))",
            name=op.f("ck_jobs_finished_at"),
        ),
        sa.CheckConstraint(
            "finished_at IS NULL OR (request IS NULL AND body IS NULL)",
            name=op.f("ck_jobs_request"),
        ),
    )
    op.create_index("ix_jobs_tenant_id_id", "jobs", ["tenant_id", "id"])
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_index("ix_jobs_user_id", "jobs", ["user_id"])
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])


def downgrade() -> None:
    op.drop_table("jobs")
