"""The main job on real input: 15,661 adults of BIG5 extraversion become a norm, some kept out sit under it.

Real processes, real HTTP, real mail; nothing is awarded that the fitted model does not imply.
Sixty in every run; all 500, and PostgreSQL, in a campaign.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import numpy as np
import pytest
import requests
from scipy import stats
from sqlalchemy import text

from app.accounts.make_sign_in_link import make_sign_in_link
from app.assessment.replay_sitting import replay_sitting
from app.credentials import proof
from app.foundation.db import Database
from app.foundation.job_list import failed_jobs
from app.foundation.jobs import DurableJobs
from app.foundation.settings import Settings
from app.item_bank import queries as banks
from app.norming import queries as norms
from scoring import Composite, log_likelihood, simulate_responses
from tests.app.credentials.documents import leaves, value_at, with_value
from tests.app.credentials.openbadges_verifier import verify_with_openbadgeslib
from tests.conftest import shared_file
from tests.journeys import extraversion
from tests.journeys.collaboration import runtime_of
from tests.journeys.installation import Installation
from tests.journeys.people import Person
from tests.journeys.staff import a_staff_member, publish_a_norm
from tests.postgres_server import fresh_postgres_database

BROWSERS_AT_ONCE = 8
SIMULATED = 100_000
MAILED = 40  # as many as sign in with a mailed code
WITHOUT_CREDENTIAL = """
    SELECT award.id FROM award
    LEFT JOIN credential ON credential.award_id = award.id AND credential.signed_document IS NOT NULL
    WHERE credential.id IS NULL
"""
ED25519_KEY = "SELECT public_bytes FROM issuer_key WHERE algorithm = 'Ed25519'"
BAND = 0.99  # two-sided: one honest run in a hundred may fall outside
PATIENCE_SECONDS = 300


KINDS = [
    pytest.param(("sqlite", 60), id="sqlite-60"),
    pytest.param(("sqlite", 500), id="sqlite-500", marks=pytest.mark.long),
    pytest.param(("postgresql", 40), id="postgresql-40", marks=pytest.mark.long),
]


@pytest.fixture(scope="module", params=KINDS)
def world(request, tmp_path_factory):
    """The installation after everybody has sat and every job is done."""
    kind, people = request.param
    sample = extraversion.read_sample(shared_file("data/openpsy_big5.csv.gz"))
    directory = tmp_path_factory.mktemp("journey")
    if kind == "sqlite":
        yield from _run(Installation(directory, policy=extraversion.TRIAL_POLICY), sample, people)
    else:
        with fresh_postgres_database() as url:
            installation = Installation(directory, database_url=url, policy=extraversion.TRIAL_POLICY)
            yield from _run(installation, sample, people)


def _run(installation, sample, people):
    with installation:
        installation.cli("db", "upgrade")
        installation.cli("keys", "init")
        installation.start_all()
        data, mapping = extraversion.write_files(sample, installation.data)
        command = ["--skill", extraversion.SKILL, "--population", extraversion.POPULATION, "--mapping", str(mapping)]
        installation.cli("responses", "import", str(data), *command)
        installation.cli("calibrate", extraversion.SKILL)
        editor = a_staff_member(installation, "editor@example.org", "norm_editor")
        approver = a_staff_member(installation, "approver@example.org", "norm_approver")
        norm_id = publish_a_norm(extraversion.SKILL, editor, approver)
        links = _links(installation, people) if people > MAILED else [None] * people
        with ThreadPoolExecutor(BROWSERS_AT_ONCE) as pool:
            sittings = list(pool.map(lambda n: _sit(installation, n, sample.kept_out[n], links[n]), range(people)))
        settings = Settings(
            data=installation.data,
            database_url=installation.environment.get("DECILE_DATABASE_URL", ""),
            secret_keys=("s" * 40,),
        )
        database = Database(settings.resolved_database_url)
        world = World(installation, database, UUID(norm_id), dict(zip(sittings, sample.kept_out, strict=False)))
        world.wait_for_jobs()
        yield world
        database.dispose()


def _links(installation, people):
    """A one-time link for each: the mail and its code have tests of their own, and forty of these people use them."""
    runtime = runtime_of(installation)
    with runtime.transaction() as session:
        tools = {"clock": runtime.clock, "entropy": runtime.entropy, "links": runtime.links}
        links = [make_sign_in_link(_address(number), session=session, **tools) for number in range(people)]
    runtime.database.dispose()
    return links


def _address(number):
    return f"person{number}@example.org"


def _sit(installation, number, codes, link):
    person = Person(installation, _address(number))
    if link is None:
        person.sign_in()
    else:
        person.sign_in_with_link(link)
    return UUID(person.take(extraversion.SKILL, extraversion.really_answered(codes)))


class World:
    """What the assertions look at."""

    def __init__(self, installation, database, norm_id, codes_of_sitting):
        self.installation, self.database, self.norm_id = installation, database, norm_id
        self.codes_of_sitting = codes_of_sitting

    def rows(self, sql):
        with self.database.reading() as session:
            return session.execute(text(sql)).all()

    def wait_for_jobs(self):
        """Until each sitting is decided and each award issued, or the dead list says why not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            decided = len(self.rows("SELECT id FROM award_decision"))
            waiting = len(self.rows(WITHOUT_CREDENTIAL))
            if decided == len(self.codes_of_sitting) and waiting == 0:
                return
            assert failed_jobs(DurableJobs(self.database).client) == ()
            assert time.monotonic() < deadline, f"{decided} decided, {waiting} awards without a credential"
            time.sleep(0.2)

    @property
    def credentials(self):
        return self.rows("SELECT id, code, sitting_id, signed_document FROM credential ORDER BY code")


def test_every_sitting_was_decided_once_on_all_ten_items(world):
    assert len(world.rows("SELECT id FROM skill_result")) == len(world.codes_of_sitting)
    units = Counter(row[0] for row in world.rows("SELECT statements FROM frozen_sitting"))
    assert units == {10: len(world.codes_of_sitting)}


def test_the_share_awarded_lies_in_the_band_that_model_and_test_length_imply(world, record_property):
    """Expected share: simulate the fitted model at the norm's latent distribution and apply the award rule."""
    with world.database.reading() as session:
        norm = norms.norm(world.norm_id, session=session)
        edition = session.execute(text("SELECT calibration_id FROM edition ORDER BY id DESC")).first()
        items = banks.item_parameters(UUID(str(edition[0])), session=session).self_report
    rng = np.random.default_rng(extraversion.SEED)
    theta = np.interp(rng.uniform(size=SIMULATED), norm.table.distribution, norm.table.grid)
    patterns, counts = np.unique(simulate_responses(items, theta, rng), axis=0, return_counts=True)
    composite = Composite((0.0, 1.0), 0.5)
    likelihoods = log_likelihood(patterns, items, composite.nodes)
    awarded = [
        composite.posterior(None, row).probability_above(norm.cut, norm.cut_standard_error) >= 0.5
        for row in likelihoods
    ]
    expected = float(counts[np.array(awarded)].sum() / SIMULATED)
    people, awards = len(world.codes_of_sitting), len(world.rows("SELECT id FROM award"))
    low, high = stats.binom.interval(BAND, people, expected)
    record_property("share", f"{awards}/{people} awarded, {expected:.4f} implied, band {low:.0f}-{high:.0f}")
    print(f"awarded {awards} of {people}; model implies {expected:.4f}, band {low:.0f} to {high:.0f}")
    assert low <= awards <= high


def test_case_031_every_award_has_exactly_one_credential_and_every_one_is_a_specimen(world):
    awards = {row[0] for row in world.rows("SELECT id FROM award")}
    credentials = world.rows("SELECT award_id, is_specimen FROM credential WHERE signed_document IS NOT NULL")
    assert Counter(row[0] for row in credentials) == dict.fromkeys(awards, 1)
    assert all(row[1] for row in credentials)
    for row in world.credentials:
        document = json.loads(row[3])
        assert "specimen" in document["name"].casefold()


def test_every_credential_verifies_with_openbadgeslib_and_fails_when_a_leaf_is_changed(world):
    did = requests.get(f"{world.installation.base_url}/.well-known/did.json", timeout=10).json()
    status = requests.get(
        f"{world.installation.base_url}/status/1", headers={"Accept": "application/vc+ld+json"}, timeout=10
    ).text
    with world.database.reading() as session:
        public = bytes(session.execute(text(ED25519_KEY)).scalar_one())
    for row in world.credentials:
        assert verify_with_openbadgeslib(row[3], did, status)
        signed = json.loads(row[3])
        for path in leaves(signed):
            changed = with_value(signed, path, _other(value_at(signed, path)))
            with pytest.raises(Exception):  # noqa: B017, PT011  any refusal will do; acceptance will not
                proof.verify(changed, public)
    signed = json.loads(world.credentials[0][3])
    for path in leaves(signed):
        changed = with_value(signed, path, _other(value_at(signed, path)))
        assert not verify_with_openbadgeslib(json.dumps(changed), did, status), path


def _other(value):
    return value + "x" if isinstance(value, str) else not value


def test_replaying_gives_the_identical_decision(world):
    confidence = {row[0]: row[1] for row in world.rows("SELECT sitting_id, decision_confidence FROM skill_result")}
    with world.database.reading() as session:
        for sitting_id in world.codes_of_sitting:
            replay = replay_sitting(sitting_id, session=session)
            assert replay.matches, replay.differences
            stored = confidence.get(str(sitting_id), confidence.get(sitting_id.hex, confidence.get(sitting_id)))
            assert replay.probability_above == stored
    world.installation.cli("sitting", "replay", str(next(iter(world.codes_of_sitting))))


def test_a_link_is_closed_until_its_holder_opens_it_and_then_says_specimen(world):
    code, sitting_id = world.credentials[0][1], world.credentials[0][2]
    closed = requests.get(f"{world.installation.base_url}/c/{code}", headers={"Accept": "text/html"}, timeout=10)
    assert closed.status_code == 404
    number = [sitting.hex for sitting in world.codes_of_sitting].index(str(sitting_id).replace("-", ""))
    holder = Person(world.installation, f"person{number}@example.org")
    holder.sign_in()
    holder.fill_in(holder.get("/me"), code, visibility="unlisted")
    opened = requests.get(f"{world.installation.base_url}/c/{code}", headers={"Accept": "text/html"}, timeout=10)
    assert opened.status_code == 200
    assert "specimen" in opened.text.casefold()
    as_json = requests.get(
        f"{world.installation.base_url}/c/{code}", headers={"Accept": "application/json"}, timeout=10
    )
    assert as_json.json()["credentialSubject"]["id"].startswith("urn:uuid:")


def test_logs_name_nobody(world):
    for name in ("web.log", "worker-0.log"):
        log = (world.installation.data / name).read_text()
        assert "example.org" not in log
        assert "Traceback" not in log
        for row in world.credentials:
            assert row[1] not in log
