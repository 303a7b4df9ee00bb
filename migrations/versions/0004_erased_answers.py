"""What is left of erased people: how many answers of which sort, and nothing about whose.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_answers",
        sa.Column("tenant_id", sa.String(64), nullable=False),
        sa.Column("template", sa.String(64), nullable=False),
        sa.Column("card_id", sa.String(129), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("mistake", sa.String(64), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "template", "card_id", "outcome", "mistake", name="pk_erased_answers"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_erased_answers_tenant_id_tenants"
        ),
    )


def downgrade() -> None:
    op.drop_table("erased_answers")
