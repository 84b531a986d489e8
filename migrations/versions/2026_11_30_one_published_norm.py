"""one norm is in force for a skill in a language, whatever people it describes.

Revision ID: 2026_11_30_one_published_norm
Revises: 2026_11_29_second_address
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_one_published_norm"
down_revision = "2026_11_29_second_address"
branch_labels = None
depends_on = None

PUBLISHED = sa.text("state = 'published'")
BEFORE = (
    "norm_group_id, run_id, label, n, window_start_on, window_end_on, latent, composite, cut, cut_standard_error, "
    "cut_percentile, latent_sd, demo, gate, may_certify, gate_reasons, policy_version, sha256, drafted_at, drafted_by"
)
SINCE = BEFORE.replace("norm_group_id, ", "norm_group_id, skill, language, ")

COPY_OF_THE_GROUP = """
    UPDATE norm_version SET
    skill = (SELECT norm_group.skill FROM norm_group WHERE norm_group.id = norm_version.norm_group_id),
    language = (SELECT norm_group.language FROM norm_group WHERE norm_group.id = norm_version.norm_group_id)
"""

# Of two norms of different groups the former stayed published, although sittings were pinned to the later one.
GAVE_WAY_AT = """
    UPDATE norm_version SET superseded_at = (
        SELECT min(later.adopted_at) FROM edition AS later
        WHERE later.skill = norm_version.skill AND later.language = norm_version.language
        AND later.id > (SELECT max(own.id) FROM edition AS own WHERE own.norm_id = norm_version.id)
    )
    WHERE state = 'published'
"""
GAVE_WAY = "UPDATE norm_version SET state = 'superseded' WHERE state = 'published' AND superseded_at IS NOT NULL"


def upgrade() -> None:
    """A norm says its group's skill and language, which never change; what gave way unnoticed is superseded."""
    for name in ("skill", "language"):
        op.add_column("norm_version", sa.Column(name, sa.String(), server_default="", nullable=False))
    for statement in (COPY_OF_THE_GROUP, GAVE_WAY_AT, GAVE_WAY):
        op.execute(statement)
    _guard(SINCE)
    op.drop_index("uq_norm_version_published_in_group", "norm_version")
    op.create_index(
        "uq_norm_version_published",
        "norm_version",
        ["skill", "language"],
        unique=True,
        sqlite_where=PUBLISHED,
        postgresql_where=PUBLISHED,
    )


def downgrade() -> None:
    """One norm for each group again; what was superseded stays so."""
    op.drop_index("uq_norm_version_published", "norm_version")
    op.create_index(
        "uq_norm_version_published_in_group",
        "norm_version",
        ["norm_group_id"],
        unique=True,
        sqlite_where=PUBLISHED,
        postgresql_where=PUBLISHED,
    )
    _guard(BEFORE)
    for name in ("language", "skill"):
        op.drop_column("norm_version", name)


def _guard(columns: str) -> None:
    """The database itself refuses to edit these."""
    if op.get_bind().dialect.name == "sqlite":
        act = "BEGIN SELECT RAISE(ABORT, 'a norm version is never edited; draft a new one'); END"
        op.execute("DROP TRIGGER norm_version_no_edit")
    else:
        act = "FOR EACH ROW EXECUTE FUNCTION refuse_norm_change()"
        op.execute("DROP TRIGGER norm_version_no_edit ON norm_version")
    op.execute(f"CREATE TRIGGER norm_version_no_edit BEFORE UPDATE OF {columns} ON norm_version {act}")
