"""whatever is asked of one person, one norm or one outcome is found without reading a table that grows with sittings.

Revision ID: 2026_11_30_lookups
Revises: 2026_11_30_undo_until
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_lookups"
down_revision = "2026_11_30_undo_until"
branch_labels = None
depends_on = None

PLAIN = (
    ("ix_consent_person_id", "consent", ["person_id"]),
    ("ix_skill_result_norm", "skill_result", ["norm_id", "reported_at"]),
    ("ix_skill_result_reported", "skill_result", ["reported_at"]),
    ("ix_award_decision_outcome", "award_decision", ["outcome", "decided_at"]),
)
WHERE_SET = (  # nearly every row has none
    ("ix_audit_entry_actor", "audit_entry", "actor_id"),
    ("ix_person_merged_into", "person", "merged_into_id"),
    ("ix_sitting_check_decided_by", "sitting_check", "decided_by"),
    ("ix_item_report_judged_by", "item_report", "judged_by"),
    ("ix_review_case_decided_by", "review_case", "decided_by"),
)


def upgrade() -> None:
    """Create the indexes; that of merged accounts no longer holds those that were not merged."""
    for name, table, columns in PLAIN:
        op.create_index(name, table, columns)
    for name, table, column in WHERE_SET:
        stands = sa.column(column).is_not(None)
        op.create_index(name, table, [column], sqlite_where=stands, postgresql_where=stands)
    op.create_index("ix_log_entry_about", "log_entry", [sa.text("substr(subject, 1, 36)")])
    op.drop_index("ix_person_merged_into_id", "person")


def downgrade() -> None:
    """Drop them again."""
    op.create_index("ix_person_merged_into_id", "person", ["merged_into_id"])
    op.drop_index("ix_log_entry_about", "log_entry")
    for name, table, _ in (*PLAIN, *WHERE_SET):
        op.drop_index(name, table)
