"""let a person ask another person about a result.

Revision ID: 2026_11_28_add_reviews
Revises: 2026_11_28_item_states
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_reviews"
down_revision = "2026_11_28_item_states"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sitting_allowance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sitting_allowance_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_allowance_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting_allowance")),
        sa.UniqueConstraint("cause", name=op.f("uq_sitting_allowance_cause")),
        sa.UniqueConstraint("sitting_id", name=op.f("uq_sitting_allowance_sitting_id")),
    )
    with op.batch_alter_table("sitting_allowance") as batch_op:
        batch_op.create_index("ix_sitting_allowance_person_skill", ["person_id", "skill"], unique=False)

    op.create_table(
        "review_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "technical",
                "question",
                "disturbed",
                "adjustment",
                "unclear",
                "other",
                "kinds-apart",
                name="reason",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "decided", "taken-back", name="state", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("confirm", "annul", "re-sit", "rescore", name="outcome", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("minutes_spent", sa.Integer(), nullable=True),
        sa.Column("replay_matched", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(state = 'decided') = (outcome IS NOT NULL)", name=op.f("ck_review_case_decided_with_outcome")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> person_id", name=op.f("ck_review_case_not_in_own_case")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_review_case_decided_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_case_person_id_person")),
        sa.ForeignKeyConstraint(["result_id"], ["skill_result.id"], name=op.f("fk_review_case_result_id_skill_result")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_review_case_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
        sa.UniqueConstraint("result_id", name=op.f("uq_review_case_result_id")),
        sa.UniqueConstraint("sitting_id", name=op.f("uq_review_case_sitting_id")),
    )
    with op.batch_alter_table("review_case") as batch_op:
        batch_op.create_index(batch_op.f("ix_review_case_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_review_case_queue", ["state", "due_on"], unique=False)

    with op.batch_alter_table("award_decision") as batch_op:
        batch_op.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("award_decision") as batch_op:
        batch_op.drop_column("settled_at")

    with op.batch_alter_table("review_case") as batch_op:
        batch_op.drop_index("ix_review_case_queue")
        batch_op.drop_index(batch_op.f("ix_review_case_person_id"))

    op.drop_table("review_case")
    with op.batch_alter_table("sitting_allowance") as batch_op:
        batch_op.drop_index("ix_sitting_allowance_person_skill")

    op.drop_table("sitting_allowance")
