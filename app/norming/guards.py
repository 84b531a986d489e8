"""Triggers by which the database itself refuses to edit or delete a norm version, whoever asks."""

from __future__ import annotations

WRITTEN_ONCE = (
    "norm_group_id",
    "skill",
    "language",
    "run_id",
    "label",
    "n",
    "window_start_on",
    "window_end_on",
    "latent",
    "composite",
    "cut",
    "cut_standard_error",
    "cut_percentile",
    "latent_sd",
    "demo",
    "gate",
    "may_certify",
    "gate_reasons",
    "policy_version",
    "sha256",
    "drafted_at",
    "drafted_by",
)
_REASON = "a norm version is never edited; draft a new one"
_COLUMNS = ", ".join(WRITTEN_ONCE)
_ABORT = f"BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
_RAISE = f"RAISE EXCEPTION '{_REASON}';"
_REFUSE = "EXECUTE FUNCTION refuse_norm_change()"

SQLITE_IMMUTABLE = (
    f"CREATE TRIGGER norm_version_no_edit BEFORE UPDATE OF {_COLUMNS} ON norm_version {_ABORT}",
    f"CREATE TRIGGER norm_version_no_delete BEFORE DELETE ON norm_version {_ABORT}",
)
POSTGRESQL_IMMUTABLE = (
    f"CREATE FUNCTION refuse_norm_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_RAISE} END $$",
    f"CREATE TRIGGER norm_version_no_edit BEFORE UPDATE OF {_COLUMNS} ON norm_version FOR EACH ROW {_REFUSE}",
    f"CREATE TRIGGER norm_version_no_delete BEFORE DELETE OR TRUNCATE ON norm_version FOR EACH STATEMENT {_REFUSE}",
)
