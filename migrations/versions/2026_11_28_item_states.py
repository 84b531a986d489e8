"""keep the life of items beside their releases: steps, authors, reviews, and what each sitting knew of them.

Revision ID: 2026_11_28_item_states
Revises: 2026_11_28_exposure
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_item_states"
down_revision = "2026_11_28_exposure"
branch_labels = None
depends_on = None

SQLITE_GUARDS = (
    "CREATE TRIGGER item_state_change_no_UPDATE BEFORE UPDATE ON item_state_change BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_state_change_no_DELETE BEFORE DELETE ON item_state_change BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_author_no_UPDATE BEFORE UPDATE ON item_author BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_author_no_DELETE BEFORE DELETE ON item_author BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_author_not_own BEFORE INSERT ON item_author WHEN EXISTS (SELECT 1 FROM item_review WHERE item_id = NEW.item_id AND reviewer_id = NEW.person_id) BEGIN SELECT RAISE(ABORT, 'nobody reviews an item of their own'); END",
    "CREATE TRIGGER item_review_no_UPDATE BEFORE UPDATE ON item_review BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_review_no_DELETE BEFORE DELETE ON item_review BEGIN SELECT RAISE(ABORT, 'what is on record about an item is never changed; add a further entry'); END",
    "CREATE TRIGGER item_review_not_own BEFORE INSERT ON item_review WHEN EXISTS (SELECT 1 FROM item_author WHERE item_id = NEW.item_id AND person_id = NEW.reviewer_id) BEGIN SELECT RAISE(ABORT, 'nobody reviews an item of their own'); END",
)
POSTGRESQL_GUARDS = (
    "CREATE OR REPLACE FUNCTION refuse_item_record_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what is on record about an item is never changed; add a further entry'; END $$",
    "CREATE TRIGGER item_state_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON item_state_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_record_change()",
    "CREATE TRIGGER item_author_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON item_author FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_record_change()",
    "CREATE FUNCTION refuse_own_item_author() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM item_review WHERE item_id = NEW.item_id AND reviewer_id = NEW.person_id) THEN RAISE EXCEPTION 'nobody reviews an item of their own'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER item_author_not_own BEFORE INSERT ON item_author FOR EACH ROW EXECUTE FUNCTION refuse_own_item_author()",
    "CREATE TRIGGER item_review_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON item_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_record_change()",
    "CREATE FUNCTION refuse_own_item_review() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM item_author WHERE item_id = NEW.item_id AND person_id = NEW.reviewer_id) THEN RAISE EXCEPTION 'nobody reviews an item of their own'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER item_review_not_own BEFORE INSERT ON item_review FOR EACH ROW EXECUTE FUNCTION refuse_own_item_review()",
)
STATES = ("draft", "reviewed", "pilot", "active", "watched", "suspended", "retired", "published")


def _state() -> sa.Enum:
    return sa.Enum(*STATES, name="itemstate", native_enum=False, length=32)


def upgrade() -> None:
    """Add the tables and columns. What was released before has no step on record: it is active, as it was."""
    op.create_table(
        "item_state_change",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("former", _state(), nullable=True),
        sa.Column("state", _state(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_item_state_change_reason")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_item_state_change_changed_by_person")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_state_change_item_id_item")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["bank_release.id"], name=op.f("fk_item_state_change_release_id_bank_release")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_item_state_change")),
        sa.UniqueConstraint("item_id", "language", "number", name=op.f("uq_item_state_change_item_id")),
    )
    op.create_index("ix_item_state_change_release", "item_state_change", ["release_id", "language", "sequence"])
    op.create_table(
        "item_author",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_author_item_id_item")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_item_author_person_id_person")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_item_author")),
    )
    op.create_table(
        "item_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "aspect",
            sa.Enum("content", "fairness", "language", name="aspect", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("declared_independent", sa.Boolean(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(aspect = 'language') = (language IS NOT NULL)", name=op.f("ck_item_review_language_of_aspect")
        ),
        sa.CheckConstraint("declared_independent", name=op.f("ck_item_review_independent")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_review_item_id_item")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["person.id"], name=op.f("fk_item_review_reviewer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_review")),
    )
    op.create_index("ix_item_review_item", "item_review", ["item_id", "reviewed_at"])
    op.add_column("presentation", sa.Column("item_states_at", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_presentation_item", "presentation", ["item_id"])
    op.add_column("sitting", sa.Column("item_states_at", sa.BigInteger(), nullable=True))
    guards = {"sqlite": SQLITE_GUARDS, "postgresql": POSTGRESQL_GUARDS}
    for statement in guards[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("sitting", "item_states_at")
    op.drop_index("ix_presentation_item", table_name="presentation")
    op.drop_column("presentation", "item_states_at")
    for table in ("item_review", "item_author", "item_state_change"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("refuse_item_record_change", "refuse_own_item_author", "refuse_own_item_review"):
            op.execute(f"DROP FUNCTION {function}()")
