"""create the tables of the first slice.

Revision ID: 2026_11_23_first_tables
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_first_tables"
down_revision = None
branch_labels = None
depends_on = None

# What the database itself refuses: changing the audit record, a released bank, a norm version.
SQLITE_GUARDS = (
    "CREATE TRIGGER audit_entry_no_UPDATE BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
    "CREATE TRIGGER audit_entry_no_DELETE BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
    "CREATE TRIGGER bank_release_no_UPDATE BEFORE UPDATE ON bank_release BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER bank_release_no_DELETE BEFORE DELETE ON bank_release BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER item_no_UPDATE BEFORE UPDATE ON item BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER item_no_DELETE BEFORE DELETE ON item BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER calibration_no_UPDATE BEFORE UPDATE ON calibration BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER calibration_no_DELETE BEFORE DELETE ON calibration BEGIN SELECT RAISE(ABORT, 'a bank release, its items and its calibrations are never edited; release a new version'); END",
    "CREATE TRIGGER norm_version_no_edit BEFORE UPDATE OF norm_group_id, run_id, label, n, window_start_on, window_end_on, latent, composite, cut, cut_standard_error, cut_percentile, latent_sd, demo, gate, may_certify, gate_reasons, policy_version, sha256, drafted_at, drafted_by ON norm_version BEGIN SELECT RAISE(ABORT, 'a norm version is never edited; draft a new one'); END",
    "CREATE TRIGGER norm_version_no_delete BEFORE DELETE ON norm_version BEGIN SELECT RAISE(ABORT, 'a norm version is never edited; draft a new one'); END",
)
POSTGRESQL_GUARDS = (
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$",
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
    "CREATE OR REPLACE FUNCTION refuse_item_bank_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a bank release, its items and its calibrations are never edited; release a new version'; END $$",
    "CREATE TRIGGER bank_release_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_release FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_bank_change()",
    "CREATE OR REPLACE FUNCTION refuse_item_bank_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a bank release, its items and its calibrations are never edited; release a new version'; END $$",
    "CREATE TRIGGER item_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON item FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_bank_change()",
    "CREATE OR REPLACE FUNCTION refuse_item_bank_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a bank release, its items and its calibrations are never edited; release a new version'; END $$",
    "CREATE TRIGGER calibration_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON calibration FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_bank_change()",
    "CREATE FUNCTION refuse_norm_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a norm version is never edited; draft a new one'; END $$",
    "CREATE TRIGGER norm_version_no_edit BEFORE UPDATE OF norm_group_id, run_id, label, n, window_start_on, window_end_on, latent, composite, cut, cut_standard_error, cut_percentile, latent_sd, demo, gate, may_certify, gate_reasons, policy_version, sha256, drafted_at, drafted_by ON norm_version FOR EACH ROW EXECUTE FUNCTION refuse_norm_change()",
    "CREATE TRIGGER norm_version_no_delete BEFORE DELETE OR TRUNCATE ON norm_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_norm_change()",
)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject"), ["subject"], unique=False)

    op.create_table(
        "guess_count",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("guessed_on", sa.Date(), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "kind", "guessed_on", name=op.f("pk_guess_count")),
    )
    op.create_table(
        "issuer_key",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("public_bytes", sa.LargeBinary(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compromised_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_issuer_key")),
    )
    op.create_table(
        "kept_answer",
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", "route", "key", name=op.f("pk_kept_answer")),
    )
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answer_kept_until_at"), ["kept_until_at"], unique=False)

    op.create_table(
        "norm_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("described_as", sa.String(), nullable=False),
        sa.Column("population", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_group")),
        sa.UniqueConstraint("skill", "language", "described_as", name="uq_norm_group_described"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("known_since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adult_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "policy_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "sign_in_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("return_path", sa.String(), nullable=False),
        sa.Column("mail_slot", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_mailed", sa.Boolean(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_request")),
    )
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_request_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(
            "uq_sign_in_request_open",
            ["email", "mail_slot"],
            unique=True,
            sqlite_where=sa.text("consumed_at IS NULL"),
            postgresql_where=sa.text("consumed_at IS NULL"),
        )

    op.create_table(
        "skill",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("definitions", sa.JSON(), nullable=False),
        sa.Column("is_not", sa.JSON(), nullable=False),
        sa.Column("facets", sa.JSON(), nullable=False),
        sa.Column("esco", sa.JSON(), nullable=False),
        sa.Column("esco_version", sa.String(), nullable=True),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_skill")),
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=False),
        sa.Column("signed_document", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_list")),
    )
    op.create_table(
        "worker_slot",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_slot")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "bank_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("provisional_key", sa.Boolean(), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("review", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("wording", sa.JSON(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["skill"], ["skill.slug"], name=op.f("fk_bank_release_skill_skill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_release")),
        sa.UniqueConstraint("skill", "version", name="uq_bank_release_skill_version"),
    )
    op.create_table(
        "browser_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_browser_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_browser_session_token_hash")),
    )
    with op.batch_alter_table("browser_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browser_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(
            "uq_consent_standing",
            ["person_id", "kind"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_person_id"), ["person_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role_grant")),
    )
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.String(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "calibration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Enum("prior", "sample", name="source", native_enum=False, length=32), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("standard_errors", sa.JSON(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("log_likelihood", sa.Double(), nullable=True),
        sa.Column("converged", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["bank_release.id"], name=op.f("fk_calibration_release_id_bank_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )
    with op.batch_alter_table("calibration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calibration_release_id"), ["release_id"], unique=False)

    op.create_table(
        "item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.Enum("statement", "scenario", name="kind", native_enum=False, length=32), nullable=False),
        sa.Column("facet", sa.String(), nullable=False),
        sa.Column("difficulty_intent", sa.String(), nullable=True),
        sa.Column("categories", sa.Integer(), nullable=False),
        sa.Column("keyed", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("option_keys", sa.JSON(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["bank_release.id"], name=op.f("fk_item_release_id_bank_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("release_id", "code", name="uq_item_release_code"),
    )
    op.create_table(
        "legacy_sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("norm_group_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(), nullable=False),
        sa.Column("consent_basis", sa.String(), nullable=True),
        sa.Column("window_start_on", sa.Date(), nullable=True),
        sa.Column("window_end_on", sa.Date(), nullable=True),
        sa.Column("ages_known", sa.Boolean(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("responses", sa.LargeBinary(), nullable=False),
        sa.Column("responses_sha256", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["norm_group_id"], ["norm_group.id"], name=op.f("fk_legacy_sample_norm_group_id_norm_group")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["bank_release.id"], name=op.f("fk_legacy_sample_release_id_bank_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_sample")),
        sa.UniqueConstraint("norm_group_id", "responses_sha256", name="uq_legacy_sample_responses"),
    )
    op.create_table(
        "calibration_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("calibration_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("fits", sa.JSON(), nullable=False),
        sa.Column("calibrated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_calibration_run_calibration_id_calibration")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["legacy_sample.id"], name=op.f("fk_calibration_run_sample_id_legacy_sample")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_run")),
        sa.UniqueConstraint("sample_id", name=op.f("uq_calibration_run_sample_id")),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("calibration_id", sa.Uuid(), nullable=True),
        sa.Column("norm_id", sa.Uuid(), nullable=True),
        sa.Column("cut", sa.Double(), nullable=True),
        sa.Column("cut_standard_error", sa.Double(), nullable=True),
        sa.Column("norm_count", sa.Integer(), nullable=True),
        sa.Column("composite", sa.JSON(), nullable=True),
        sa.Column("may_certify", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("provisional_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_edition_calibration_id_calibration")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["bank_release.id"], name=op.f("fk_edition_release_id_bank_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.create_index("ix_edition_latest", ["skill", "language", "id"], unique=False)

    op.create_table(
        "norm_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("norm_group_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("window_start_on", sa.Date(), nullable=True),
        sa.Column("window_end_on", sa.Date(), nullable=True),
        sa.Column("latent", sa.JSON(), nullable=False),
        sa.Column("composite", sa.JSON(), nullable=False),
        sa.Column("cut", sa.Double(), nullable=False),
        sa.Column("cut_standard_error", sa.Double(), nullable=False),
        sa.Column("cut_percentile", sa.Double(), nullable=False),
        sa.Column("latent_sd", sa.Double(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column(
            "gate", sa.Enum("none", "provisional", "full", name="gate", native_enum=False, length=32), nullable=False
        ),
        sa.Column("may_certify", sa.Boolean(), nullable=False),
        sa.Column("gate_reasons", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "previewed",
                "approved",
                "scheduled",
                "published",
                "superseded",
                name="normstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_sha256", sa.String(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("takes_effect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "approved_by IS NOT NULL OR state IN ('draft', 'previewed')", name=op.f("ck_norm_version_approved_first")
        ),
        sa.CheckConstraint("approved_by <> drafted_by", name=op.f("ck_norm_version_two_people")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_norm_version_approved_by_person")),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name=op.f("fk_norm_version_drafted_by_person")),
        sa.ForeignKeyConstraint(
            ["norm_group_id"], ["norm_group.id"], name=op.f("fk_norm_version_norm_group_id_norm_group")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["calibration_run.id"], name=op.f("fk_norm_version_run_id_calibration_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm_version")),
        sa.UniqueConstraint("label", name=op.f("uq_norm_version_label")),
    )
    with op.batch_alter_table("norm_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_norm_version_norm_group_id"), ["norm_group_id"], unique=False)
        batch_op.create_index(
            "uq_norm_version_published_in_group",
            ["norm_group_id"],
            unique=True,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )

    op.create_table(
        "sitting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("avoided_items", sa.JSON(), nullable=False),
        sa.Column("prior", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.String(), nullable=True),
        sa.Column("honesty_statement_version", sa.String(), nullable=False),
        sa.Column("honesty_accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("first_of_skill", sa.Boolean(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("calibration_id", sa.Uuid(), nullable=True),
        sa.Column("norm_id", sa.Uuid(), nullable=True),
        sa.Column("cut", sa.Double(), nullable=True),
        sa.Column("cut_standard_error", sa.Double(), nullable=True),
        sa.Column("norm_count", sa.Integer(), nullable=True),
        sa.Column("composite", sa.JSON(), nullable=True),
        sa.Column("may_certify", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("provisional_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_sitting_calibration_id_calibration")
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_sitting_edition_id_edition")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sitting_person_id_person")),
        sa.ForeignKeyConstraint(["release_id"], ["bank_release.id"], name=op.f("fk_sitting_release_id_bank_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
    )
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.create_index("ix_sitting_person_skill", ["person_id", "skill", "started_at"], unique=False)
        batch_op.create_index("ix_sitting_skill_completed", ["skill", "language", "completed_at"], unique=False)
        batch_op.create_index(
            "uq_sitting_one_open",
            ["person_id", "skill"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "frozen_sitting",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("responses", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("scenarios", sa.Integer(), nullable=False),
        sa.Column("facet_counts", sa.JSON(), nullable=False),
        sa.Column("is_balanced", sa.Boolean(), nullable=False),
        sa.Column("judgement_theta", sa.Double(), nullable=True),
        sa.Column("judgement_standard_error", sa.Double(), nullable=True),
        sa.Column("self_report_theta", sa.Double(), nullable=True),
        sa.Column("self_report_standard_error", sa.Double(), nullable=True),
        sa.Column("kinds_covariance", sa.JSON(), nullable=True),
        sa.Column("kind_difference", sa.Double(), nullable=True),
        sa.Column("judgement_share", sa.Double(), nullable=False),
        sa.Column("median", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("interval_low", sa.Double(), nullable=True),
        sa.Column("interval_high", sa.Double(), nullable=True),
        sa.Column("probability_above", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_frozen_sitting_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_frozen_sitting")),
    )
    op.create_table(
        "presentation",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("presented_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_presentation_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("sitting_id", "position", name=op.f("pk_presentation")),
        sa.UniqueConstraint("sitting_id", "item_code", name=op.f("uq_presentation_sitting_id")),
    )
    op.create_table(
        "skill_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("norm_id", sa.Uuid(), nullable=True),
        sa.Column("theta", sa.Double(), nullable=False),
        sa.Column("standard_error", sa.Double(), nullable=False),
        sa.Column("percentile_rank", sa.Double(), nullable=True),
        sa.Column("band_low", sa.Double(), nullable=True),
        sa.Column("band_high", sa.Double(), nullable=True),
        sa.Column("decision_confidence", sa.Double(), nullable=True),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["norm_id"], ["norm_version.id"], name=op.f("fk_skill_result_norm_id_norm_version")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_skill_result_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_skill_result_sitting_id_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_result")),
        sa.UniqueConstraint("sitting_id", name=op.f("uq_skill_result_sitting_id")),
    )
    with op.batch_alter_table("skill_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_skill_result_person_id"), ["person_id"], unique=False)

    op.create_table(
        "award",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("is_specimen", sa.Boolean(), nullable=False),
        sa.Column("specimen_reasons", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_award_person_id_person")),
        sa.ForeignKeyConstraint(["result_id"], ["skill_result.id"], name=op.f("fk_award_result_id_skill_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("result_id", name=op.f("uq_award_result_id")),
    )
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_award_person_id"), ["person_id"], unique=False)

    op.create_table(
        "award_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("awarded", "not-awarded", "held", name="outcome", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["skill_result.id"], name=op.f("fk_award_decision_result_id_skill_result")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_decision")),
        sa.UniqueConstraint("result_id", name=op.f("uq_award_decision_result_id")),
    )
    op.create_table(
        "response",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("client_sequence", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting_id", "position"],
            ["presentation.sitting_id", "presentation.position"],
            name=op.f("fk_response_sitting_id_presentation"),
        ),
        sa.PrimaryKeyConstraint("sitting_id", "position", name=op.f("pk_response")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("is_specimen", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("display", sa.JSON(), nullable=False),
        sa.Column("unsigned_document", sa.Text(), nullable=False),
        sa.Column("signed_document", sa.Text(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column(
            "state", sa.Enum("reserved", "issued", name="credentialstate", native_enum=False, length=32), nullable=False
        ),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.Column(
            "visibility",
            sa.Enum("private", "unlisted", "public", name="visibility", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("shown_name", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'issued') = (signed_document IS NOT NULL)", name=op.f("ck_credential_signed_when_issued")
        ),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_credential_award_id_award")),
        sa.ForeignKeyConstraint(["key_id"], ["issuer_key.key_id"], name=op.f("fk_credential_key_id_issuer_key")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id_person")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_credential_sitting_id_sitting")),
        sa.ForeignKeyConstraint(
            ["status_list"], ["status_list.number"], name=op.f("fk_credential_status_list_status_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("award_id", name=op.f("uq_credential_award_id")),
        sa.UniqueConstraint("code", name=op.f("uq_credential_code")),
        sa.UniqueConstraint("sitting_id", name=op.f("uq_credential_sitting_id")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_credential_status_list")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_credential_subject_id")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_skill"), ["skill"], unique=False)
    for statement in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS:
        op.execute(statement.replace(":", "\\:"))


def downgrade() -> None:
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_skill"))
        batch_op.drop_index(batch_op.f("ix_credential_person_id"))

    op.drop_table("credential")
    op.drop_table("response")
    op.drop_table("award_decision")
    with op.batch_alter_table("award", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_award_person_id"))

    op.drop_table("award")
    with op.batch_alter_table("skill_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_skill_result_person_id"))

    op.drop_table("skill_result")
    op.drop_table("presentation")
    op.drop_table("frozen_sitting")
    with op.batch_alter_table("sitting", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sitting_one_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index("ix_sitting_skill_completed")
        batch_op.drop_index("ix_sitting_person_skill")

    op.drop_table("sitting")
    with op.batch_alter_table("norm_version", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_norm_version_published_in_group",
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.drop_index(batch_op.f("ix_norm_version_norm_group_id"))

    op.drop_table("norm_version")
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.drop_index("ix_edition_latest")

    op.drop_table("edition")
    op.drop_table("calibration_run")
    op.drop_table("legacy_sample")
    op.drop_table("item")
    with op.batch_alter_table("calibration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calibration_release_id"))

    op.drop_table("calibration")
    op.drop_table("second_factor")
    op.drop_table("role_grant")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_person_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_standing",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("consent")
    with op.batch_alter_table("browser_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browser_session_person_id"))

    op.drop_table("browser_session")
    op.drop_table("bank_release")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    op.drop_table("worker_slot")
    op.drop_table("status_list")
    op.drop_table("skill")
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sign_in_request_open",
            sqlite_where=sa.text("consumed_at IS NULL"),
            postgresql_where=sa.text("consumed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_sign_in_request_asked_at"))

    op.drop_table("sign_in_request")
    op.drop_table("policy_version")
    op.drop_table("person")
    op.drop_table("norm_group")
    with op.batch_alter_table("kept_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answer_kept_until_at"))

    op.drop_table("kept_answer")
    op.drop_table("issuer_key")
    op.drop_table("guess_count")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_kind"))

    op.drop_table("audit_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change()")
        op.execute("DROP FUNCTION refuse_item_bank_change()")
        op.execute("DROP FUNCTION refuse_norm_change()")
