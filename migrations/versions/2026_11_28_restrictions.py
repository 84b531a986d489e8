"""a person's data is only kept: after a death, on a legal hold, or while something is disputed.

Revision ID: 2026_11_28_restrictions
Revises: 2026_11_28_register_changes
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_restrictions"
down_revision = "2026_11_28_register_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the instant since which a restricted holder's page shows nothing."""
    op.create_table(
        "person_restriction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_restriction_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_restriction")),
    )
    stands = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_person_restriction_standing",
        "person_restriction",
        ["person_id"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.add_column("credential", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop both again."""
    op.drop_column("credential", "hidden_at")
    op.drop_table("person_restriction")
