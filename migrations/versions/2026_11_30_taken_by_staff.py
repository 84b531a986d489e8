"""a sitting says whether its person held a staff role when it began.

Revision ID: 2026_11_30_taken_by_staff
Revises: 2026_11_30_lookups
"""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_taken_by_staff"
down_revision = "2026_11_30_lookups"
branch_labels = None
depends_on = None

STAFF = ("norm_editor", "norm_approver", "support", "item_editor", "reviewer")
AUDIT = sa.table(
    "audit_entry",
    *(sa.column(name) for name in ("sequence", "kind", "subject")),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("detail", sa.JSON),
)
SITTING = sa.table(
    "sitting",
    sa.column("id", sa.Uuid),
    sa.column("person_id", sa.Uuid),
    sa.column("started_at", sa.DateTime(timezone=True)),
    sa.column("taken_by_staff", sa.Boolean),
)


def upgrade() -> None:
    """Former sittings are marked where the record of roles says so; of others nothing is said, and none is rewritten.

    Nothing either of what the former release begins meanwhile: those are judged by the roles held when a norm is made.
    """
    op.add_column("sitting", sa.Column("taken_by_staff", sa.Boolean(), nullable=True))
    connection = op.get_bind()
    steps = _steps(connection)
    people = [person for (person,) in connection.execute(sa.select(SITTING.c.person_id).distinct())] if steps else []
    for person in people:
        if str(person) in steps:
            _mark(connection, person, steps[str(person)])


def _steps(connection) -> dict:
    """By person, in order: (instant, role, whether it was given)."""
    query = sa.select(AUDIT.c.subject, AUDIT.c.at, AUDIT.c.detail, AUDIT.c.kind)
    query = query.where(AUDIT.c.kind.in_(("role.grant", "role.revoke"))).order_by(AUDIT.c.sequence)
    found = defaultdict(list)
    for subject, at, detail, kind in connection.execute(query):
        if detail["role"] in STAFF:
            found[subject].append((at, detail["role"], kind == "role.grant"))
    return found


def _mark(connection, person, steps) -> None:
    query = sa.select(SITTING.c.id, SITTING.c.started_at).where(SITTING.c.person_id == person)
    for sitting, started_at in connection.execute(query).all():
        held = {role: given for at, role, given in steps if at <= started_at}
        if any(held.values()):
            connection.execute(sa.update(SITTING).where(SITTING.c.id == sitting).values(taken_by_staff=True))


def downgrade() -> None:
    """The record of roles still says it."""
    op.drop_column("sitting", "taken_by_staff")
