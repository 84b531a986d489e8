"""add panels of judges, what they rate, and the agreement on which a key rests.

Revision ID: 2026_11_28_add_key_panels
Revises: 2026_11_28_add_sample_labels
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_add_key_panels"
down_revision = "2026_11_28_add_sample_labels"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the tables; nothing existing changes."""
    op.create_table(
        "key_panel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        _instant("opened_at"),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        _instant("closed_at", nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["bank_release.id"], name=op.f("fk_key_panel_release_id_bank_release")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_key_panel_opened_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_panel")),
        sa.UniqueConstraint("release_id", name=op.f("uq_key_panel_release_id")),
    )
    op.create_table(
        "key_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        _instant("invited_at"),
        _instant("declared_at", nullable=True),
        _instant("signed_at", nullable=True),
        sa.ForeignKeyConstraint(["panel_id"], ["key_panel.id"], name=op.f("fk_key_seat_panel_id_key_panel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_seat")),
        sa.UniqueConstraint("panel_id", "number", name="uq_key_seat_number"),
        sa.UniqueConstraint("panel_id", "email", name="uq_key_seat_email"),
    )
    op.create_table(
        "key_rating",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        _instant("rated_at"),
        sa.ForeignKeyConstraint(["seat_id"], ["key_seat.id"], name=op.f("fk_key_rating_seat_id_key_seat")),
        sa.PrimaryKeyConstraint("seat_id", "item_code", name=op.f("pk_key_rating")),
    )
    op.create_table(
        "key_agreement",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("judges", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("sent_back", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("cleared_by", sa.Uuid(), nullable=False),
        _instant("cleared_at"),
        sa.CheckConstraint("cleared_by <> opened_by", name=op.f("ck_key_agreement_two_people")),
        sa.ForeignKeyConstraint(["panel_id"], ["key_panel.id"], name=op.f("fk_key_agreement_panel_id_key_panel")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["bank_release.id"], name=op.f("fk_key_agreement_release_id_bank_release")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_key_agreement_opened_by_person")),
        sa.ForeignKeyConstraint(["cleared_by"], ["person.id"], name=op.f("fk_key_agreement_cleared_by_person")),
        sa.PrimaryKeyConstraint("panel_id", name=op.f("pk_key_agreement")),
        sa.UniqueConstraint("release_id", name=op.f("uq_key_agreement_release_id")),
    )


def downgrade() -> None:
    """Drop them; the evidence behind released keys is lost with them."""
    for table in ("key_agreement", "key_rating", "key_seat", "key_panel"):
        op.drop_table(table)
