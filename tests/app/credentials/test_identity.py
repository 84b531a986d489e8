"""Every credential belongs to exactly one sitting, can be found from it and revoked; no two share a public name."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.assessment.models import Sitting
from app.credentials import codes, queries
from app.credentials.models import Credential
from app.foundation.entropy import SystemEntropy
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_document
from tests.app.credentials.awards import Desk, an_award

ISSUED_AT_ONCE = 10_000


def test_case_024_every_credential_is_found_from_its_sitting_and_can_be_revoked(desk: Desk) -> None:
    for _ in range(5):
        desk.issue(desk.reserve(an_award(desk.session)))
    sittings = set(desk.session.scalars(select(Sitting.id)))
    credentials = list(desk.session.scalars(select(Credential)))
    assert {credential.sitting_id for credential in credentials} == sittings
    for credential in credentials:
        assert queries.credential_of_award(credential.award_id, session=desk.session).code == credential.code
        assert credential.is_issued
        assert credential.signed_jwt is not None
        desk.revoke(credential)
        assert credential.revoked_at == desk.clock.now()
        found = verify_document(credential.signed_document or "", session=desk.session, clock=desk.clock)
        assert found.verdict is Verdict.REVOKED


def test_case_025_ten_thousand_codes_never_collide() -> None:
    entropy = SystemEntropy()
    made = {codes.code_from_bits(entropy.bits(codes.RANDOM_BITS)) for _ in range(ISSUED_AT_ONCE)}
    assert len(made) == ISSUED_AT_ONCE
    assert all(codes.read_code(code) == code for code in made)


def test_case_025_the_database_refuses_a_code_a_second_time(desk: Desk) -> None:
    first, second = desk.reserve(an_award(desk.session)), desk.reserve(an_award(desk.session))
    second.code = first.code
    with pytest.raises(IntegrityError):
        desk.session.flush()
    desk.session.rollback()
