"""keep each credential and status list as a JWT too, for verifiers that read no embedded proof.

Revision ID: 2026_11_28_add_jwts
Revises: 2026_11_28_skill_descriptions
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_jwts"
down_revision = "2026_11_28_skill_descriptions"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_credential_jwt_key_id_issuer_key"


def upgrade() -> None:
    """Add the columns; what exists has no JWT until the worker signs it."""
    op.add_column("status_list", sa.Column("signed_jwt", sa.Text(), nullable=True))
    with op.batch_alter_table("credential") as batch_op:
        batch_op.add_column(sa.Column("signed_jwt", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("jwt_key_id", sa.String(), nullable=True))
        batch_op.create_foreign_key(op.f(FOREIGN_KEY), "issuer_key", ["jwt_key_id"], ["key_id"])


def downgrade() -> None:
    """Drop them again."""
    with op.batch_alter_table("credential") as batch_op:
        batch_op.drop_constraint(op.f(FOREIGN_KEY), type_="foreignkey")
        batch_op.drop_column("jwt_key_id")
        batch_op.drop_column("signed_jwt")
    op.drop_column("status_list", "signed_jwt")
