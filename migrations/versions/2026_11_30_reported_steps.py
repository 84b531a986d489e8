"""a step of an item that came of a candidate's report refers to the report, and holds none of its words.

Revision ID: 2026_11_30_reported_steps
Revises: 2026_11_30_taken_by_staff
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_reported_steps"
down_revision = "2026_11_30_taken_by_staff"
branch_labels = None
depends_on = None

GUARD = {
    "sqlite": "CREATE TRIGGER item_state_change_no_UPDATE BEFORE UPDATE ON item_state_change BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "postgresql": "CREATE TRIGGER item_state_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON item_state_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_record_change()",
}
UNGUARD = {
    "sqlite": "DROP TRIGGER item_state_change_no_UPDATE",
    "postgresql": "DROP TRIGGER item_state_change_append_only ON item_state_change",
}
ONE_ACT = timedelta(minutes=1)  # a report and the steps it led to were written in one transaction
AUDIT = sa.table(
    "audit_entry",
    *(sa.column(name) for name in ("sequence", "kind", "subject")),
    sa.column("actor_id", sa.Uuid),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("detail", sa.JSON),
)
STEP = sa.table(
    "item_state_change",
    *(sa.column(name) for name in ("sequence", "state", "language", "reason")),
    sa.column("item_id", sa.Uuid),
    sa.column("changed_at", sa.DateTime(timezone=True)),
    sa.column("changed_by", sa.Uuid),
)
ITEM = sa.table("item", sa.column("id", sa.Uuid), sa.column("code"))
REPORT = sa.table("item_report", sa.column("id", sa.Uuid), sa.column("language"))


def upgrade() -> None:
    """An editor's words about a report may name who reported, and an erasure does not reach the record of an item.

    Found by the audit record, which outlives the reports: also those whose person was erased before today.
    """
    connection = op.get_bind()
    connection.execute(sa.text(UNGUARD[connection.dialect.name]))
    codes = {entry.subject: entry.detail.get("item") for entry in _entries(connection, "item.reported")}
    languages = {str(row.id): row.language for row in connection.execute(sa.select(REPORT))}
    for judged in _entries(connection, "item.report_judged"):
        if judged.detail.get("verdict") == "suspended":
            _refer(connection, judged, codes.get(judged.subject), languages.get(judged.subject))
    connection.execute(sa.text(GUARD[connection.dialect.name]))


def _entries(connection, kind):
    return connection.execute(sa.select(AUDIT).where(AUDIT.c.kind == kind).order_by(AUDIT.c.sequence)).all()


def _refer(connection, judged, code, language) -> None:
    steps = sa.select(STEP).join(ITEM, ITEM.c.id == STEP.c.item_id)
    steps = steps.where(ITEM.c.code == code, STEP.c.state == "suspended", STEP.c.changed_by == judged.actor_id)
    for step in connection.execute(steps).all():
        is_of_it = judged.at - ONE_ACT <= step.changed_at <= judged.at and language in (None, step.language)
        if is_of_it:
            named = sa.update(STEP).where(STEP.c.sequence == step.sequence)
            connection.execute(named.values(reason=f"report {judged.subject}"))


def downgrade() -> None:
    """What a report led to stands with the report, where there is one; the former release reads the reference."""
