"""forget a person and remember only the days of their sittings.

Revision ID: 2026_11_28_own_place
Revises: 2026_11_28_add_reviews
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_own_place"
down_revision = "2026_11_28_add_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_address",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("lineage_id", sa.Uuid(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_erased_address")),
        sa.UniqueConstraint("lineage_id", name=op.f("uq_erased_address_lineage_id")),
    )
    with op.batch_alter_table("erased_address") as batch_op:
        batch_op.create_index(batch_op.f("ix_erased_address_kept_until_at"), ["kept_until_at"], unique=False)

    op.create_table(
        "retake_trace",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("lineage_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("had_norm", sa.Boolean(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retake_trace")),
    )
    with op.batch_alter_table("retake_trace") as batch_op:
        batch_op.create_index(batch_op.f("ix_retake_trace_kept_until_at"), ["kept_until_at"], unique=False)
        batch_op.create_index("ix_retake_trace_lineage_skill", ["lineage_id", "skill"], unique=False)

    op.create_table(
        "erased_credential",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("is_specimen", sa.Boolean(), nullable=False),
        sa.Column("was_shown", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "revocation_reason",
            sa.Enum(
                "holder-request",
                "issued-in-error",
                "replaced",
                "key-compromised",
                "misconduct",
                "administrative",
                name="revocationreason",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["status_list"], ["status_list.number"], name=op.f("fk_erased_credential_status_list_status_list")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_erased_credential")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_erased_credential_status_list")),
    )
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "certificates", sa.Enum("revoke", "keep", name="certificates", native_enum=False, length=32), nullable=False
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_request_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
        sa.UniqueConstraint("person_id", name=op.f("uq_erasure_request_person_id")),
    )
    op.create_table(
        "verification_count",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_verification_count_credential_id_credential")
        ),
        sa.PrimaryKeyConstraint("credential_id", "counted_on", name=op.f("pk_verification_count")),
    )
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("lineage_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_column("lineage_id")

    op.drop_table("verification_count")
    op.drop_table("erasure_request")
    op.drop_table("erased_credential")
    with op.batch_alter_table("retake_trace") as batch_op:
        batch_op.drop_index("ix_retake_trace_lineage_skill")
        batch_op.drop_index(batch_op.f("ix_retake_trace_kept_until_at"))

    op.drop_table("retake_trace")
    with op.batch_alter_table("erased_address") as batch_op:
        batch_op.drop_index(batch_op.f("ix_erased_address_kept_until_at"))

    op.drop_table("erased_address")
