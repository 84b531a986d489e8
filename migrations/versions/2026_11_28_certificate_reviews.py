"""keep until when a certificate of a compromised key is decided, who decided, why, and when it took effect.

Revision ID: 2026_11_28_certificate_reviews
Revises: 2026_11_28_rescorings
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_certificate_reviews"
down_revision = "2026_11_28_rescorings"
branch_labels = None
depends_on = None

TWO_WEEKS = timedelta(days=14)  # ten working days, from any weekday on

review = sa.table(
    "credential_review",
    sa.column("id", sa.Uuid()),
    sa.column("opened_at", sa.DateTime(timezone=True)),
    sa.column("due_on", sa.Date()),
    sa.column("decision", sa.String()),
    sa.column("decided_at", sa.DateTime(timezone=True)),
    sa.column("reason", sa.Text()),
    sa.column("carried_out_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Add the columns; what was decided so far took effect at once, and gave no reason."""
    with op.batch_alter_table("credential_review") as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.select(review.c.id, review.c.opened_at)).all():
        due_on = (row.opened_at + TWO_WEEKS).date()
        connection.execute(sa.update(review).where(review.c.id == row.id).values(due_on=due_on))
    decided = sa.update(review).where(review.c.decided_at.is_not(None))
    connection.execute(decided.values(carried_out_at=review.c.decided_at))
    connection.execute(decided.where(review.c.decision == "revoke").values(reason="(decided on the command line)"))
    with op.batch_alter_table("credential_review") as batch_op:
        batch_op.alter_column("due_on", existing_type=sa.Date(), nullable=False)
        batch_op.create_foreign_key(op.f("fk_credential_review_decided_by_person"), "person", ["decided_by"], ["id"])
        batch_op.create_check_constraint(
            op.f("ck_credential_review_decided_with_decision"), "(decision IS NULL) = (decided_at IS NULL)"
        )
        batch_op.create_check_constraint(
            op.f("ck_credential_review_withdrawn_with_reason"),
            "decision IS NULL OR decision <> 'revoke' OR reason IS NOT NULL",
        )
        batch_op.create_check_constraint(
            op.f("ck_credential_review_decided_before_carried_out"),
            "carried_out_at IS NULL OR decided_at IS NOT NULL",
        )


def downgrade() -> None:
    """Drop them again."""
    with op.batch_alter_table("credential_review") as batch_op:
        for name in ("decided_with_decision", "withdrawn_with_reason", "decided_before_carried_out"):
            batch_op.drop_constraint(op.f(f"ck_credential_review_{name}"), type_="check")
        batch_op.drop_constraint(op.f("fk_credential_review_decided_by_person"), type_="foreignkey")
        for column in ("due_on", "decided_by", "reason", "carried_out_at"):
            batch_op.drop_column(column)
