"""keep the links a holder makes for single readers, and recruiters' questions to the holder.

Revision ID: 2026_11_28_shares_and_challenges
Revises: 2026_11_28_item_reports
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_shares_and_challenges"
down_revision = "2026_11_28_item_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "share_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("made_for", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_share_grant_credential_id_credential"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_grant")),
    )
    op.create_index(op.f("ix_share_grant_credential_id"), "share_grant", ["credential_id"])
    op.create_table(
        "share_look",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["share_grant.id"], name=op.f("fk_share_look_grant_id_share_grant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", "on_day", name=op.f("pk_share_look")),
    )
    op.create_table(
        "control_challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_control_challenge_credential_id_credential"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_challenge")),
    )
    op.create_index(op.f("ix_control_challenge_credential_id"), "control_challenge", ["credential_id"])
    op.create_index(op.f("ix_control_challenge_expires_at"), "control_challenge", ["expires_at"])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("control_challenge")
    op.drop_table("share_look")
    op.drop_table("share_grant")
