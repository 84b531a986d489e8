"""add the forms of founding sittings, and what founders were promised.

Revision ID: 2026_11_28_add_founding_forms
Revises: 2026_11_28_add_key_panels
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_founding_forms"
down_revision = "2026_11_28_add_key_panels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a founding sitting that is open goes on without a form."""
    op.create_table(
        "founding_form",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_codes", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_founding_form_sitting_id_sitting")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["bank_release.id"], name=op.f("fk_founding_form_release_id_bank_release")
        ),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_founding_form")),
        sa.UniqueConstraint("release_id", "language", "number", name="uq_founding_form_number"),
    )
    op.create_table(
        "founding_promise",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_founding_promise_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "skill", name=op.f("pk_founding_promise")),
    )


def downgrade() -> None:
    """Drop them; founding sittings cannot be replayed without their forms."""
    op.drop_table("founding_promise")
    op.drop_table("founding_form")
