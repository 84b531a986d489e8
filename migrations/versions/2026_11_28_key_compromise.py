"""remember since when a key was in other hands, what it had signed, and what a person must look at.

Revision ID: 2026_11_28_key_compromise
Revises: 2026_11_28_own_place
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_key_compromise"
down_revision = "2026_11_28_own_place"
branch_labels = None
depends_on = None

DECISIONS = sa.Enum("reissue", "revoke", name="reviewdecision", native_enum=False, length=32)


def upgrade() -> None:
    """Add the column and the two tables."""
    op.add_column("issuer_key", sa.Column("compromised_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "withdrawn_signature",
        sa.Column("status_list", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_withdrawn_signature_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["issuer_key.key_id"], name=op.f("fk_withdrawn_signature_key_id_issuer_key")
        ),
        sa.ForeignKeyConstraint(
            ["status_list"], ["status_list.number"], name=op.f("fk_withdrawn_signature_status_list_status_list")
        ),
        sa.PrimaryKeyConstraint("status_list", "status_index", name=op.f("pk_withdrawn_signature")),
    )
    op.create_index(op.f("ix_withdrawn_signature_credential_id"), "withdrawn_signature", ["credential_id"])
    op.create_table(
        "credential_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", DECISIONS, nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_credential_review_credential_id_credential")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["issuer_key.key_id"], name=op.f("fk_credential_review_key_id_issuer_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_review")),
        sa.UniqueConstraint("credential_id", "key_id", name=op.f("uq_credential_review_credential_id")),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("credential_review")
    op.drop_index(op.f("ix_withdrawn_signature_credential_id"), table_name="withdrawn_signature")
    op.drop_table("withdrawn_signature")
    with op.batch_alter_table("issuer_key") as batch_op:
        batch_op.drop_column("compromised_since")
