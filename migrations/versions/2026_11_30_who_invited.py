"""a judge's seat says who invited them: that person does not release the key.

Revision ID: 2026_11_30_who_invited
Revises: 2026_11_30_asked_from
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_who_invited"
down_revision = "2026_11_30_asked_from"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_key_seat_invited_by_person"
AUDIT = sa.table(
    "audit_entry",
    *(sa.column(name) for name in ("sequence", "kind", "subject")),
    sa.column("actor_id", sa.Uuid),
    sa.column("detail", sa.JSON),
)
SEAT = sa.table(
    "key_seat", sa.column("panel_id", sa.Uuid), sa.column("number", sa.Integer), sa.column("invited_by", sa.Uuid)
)


def upgrade() -> None:
    """Of former seats the audit record says who invited them: each invitation with its number of new seats.

    Where it does not, and of what the former release invites meanwhile, the seat says nothing, and is asked about again.
    """
    with op.batch_alter_table("key_seat") as batch_op:
        batch_op.add_column(sa.Column("invited_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f(FOREIGN_KEY), "person", ["invited_by"], ["id"])
    connection = op.get_bind()
    query = sa.select(AUDIT.c.subject, AUDIT.c.actor_id, AUDIT.c.detail).order_by(AUDIT.c.sequence)
    for panel_id, actor_id, detail in connection.execute(query.where(AUDIT.c.kind == "panel.judges_invited")).all():
        if actor_id is not None:
            _name(connection, UUID(panel_id), actor_id, last=detail["seats"], fresh=detail["invited"])


def _name(connection, panel_id, actor_id, *, last: int, fresh: int) -> None:
    """The newest `fresh` of the first `last` seats of the panel are this person's doing."""
    theirs = SEAT.c.panel_id == panel_id, SEAT.c.number > last - fresh, SEAT.c.number <= last
    connection.execute(sa.update(SEAT).where(*theirs).values(invited_by=actor_id))


def downgrade() -> None:
    """The audit record still says it."""
    with op.batch_alter_table("key_seat") as batch_op:
        batch_op.drop_constraint(op.f(FOREIGN_KEY), type_="foreignkey")
        batch_op.drop_column("invited_by")
