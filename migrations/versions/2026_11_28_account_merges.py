"""two accounts of one person become one; a sitting that could not have begun on one account is void by the rule.

Revision ID: 2026_11_28_account_merges
Revises: 2026_11_28_restrictions
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_account_merges"
down_revision = "2026_11_28_restrictions"
branch_labels = None
depends_on = None

PEOPLE = ("staying_id", "leaving_id", "asked_by", "applied_by", "dropped_by")


def upgrade() -> None:
    """Create the table and the columns; one lineage may now stand behind several erased addresses."""
    op.create_table(
        "account_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staying_id", sa.Uuid(), nullable=False),
        sa.Column("leaving_id", sa.Uuid(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("heard_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Uuid(), nullable=True),
        sa.Column("preview_sha256", sa.String(), nullable=True),
        sa.Column("effects", sa.JSON(), nullable=True),
        sa.CheckConstraint("applied_by <> asked_by", name=op.f("ck_account_merge_two_people")),
        sa.CheckConstraint("staying_id <> leaving_id", name=op.f("ck_account_merge_two_accounts")),
        sa.CheckConstraint(
            "applied_at IS NULL OR dropped_at IS NULL", name=op.f("ck_account_merge_applied_or_dropped")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_account_merge_{column}_person"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_merge")),
    )
    op.create_index(op.f("ix_account_merge_staying_id"), "account_merge", ["staying_id"])
    op.create_index(op.f("ix_account_merge_leaving_id"), "account_merge", ["leaving_id"])
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f("fk_person_merged_into_id_person"), "person", ["merged_into_id"], ["id"])
        batch_op.create_index(op.f("ix_person_merged_into_id"), ["merged_into_id"])
    with op.batch_alter_table("erased_address") as batch_op:
        batch_op.drop_constraint(op.f("uq_erased_address_lineage_id"), type_="unique")
        batch_op.create_index(op.f("ix_erased_address_lineage_id"), ["lineage_id"])
    op.add_column("sitting", sa.Column("beyond_limit_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them again; where accounts were merged and erased meanwhile, the former uniqueness refuses."""
    op.drop_column("sitting", "beyond_limit_at")
    with op.batch_alter_table("erased_address") as batch_op:
        batch_op.drop_index(op.f("ix_erased_address_lineage_id"))
        batch_op.create_unique_constraint(op.f("uq_erased_address_lineage_id"), ["lineage_id"])
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_index(op.f("ix_person_merged_into_id"))
        batch_op.drop_constraint(op.f("fk_person_merged_into_id_person"), type_="foreignkey")
        batch_op.drop_column("merged_at")
        batch_op.drop_column("merged_into_id")
    op.drop_table("account_merge")
