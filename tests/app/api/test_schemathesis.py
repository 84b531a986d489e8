"""The server does what its document says: generated requests, right and wrong ones, by four kinds of callers.

Every example is sent by all four, and where the path names an object, once more with one that exists: the owner's.
All of schemathesis' checks run, those that send further requests (auth left out, unsupported methods) included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from app.api.views.door import OPERATIONS
from tests.app.api.world import ANONYMOUS, EDITOR, OTHER, OWNER, World

CALLERS = (ANONYMOUS, OWNER, OTHER, EDITOR)
NAMES = [operation.name for operation in OPERATIONS]
QUICK, THOROUGH = 20, 200  # examples per operation and caller, half of them right and half wrong
WALKS, STEPS = 60, 12
SEED = 20261123
# What a JSON schema cannot say: which answers this very item has; which characters can be printed.
# how many lines of a table hold something.
NOT_IN_THE_SCHEMA = ("sendResponse", "setVisibility", "verifyBatch")
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]


@pytest.fixture(scope="module")
def schema(shared_world: World) -> Any:
    operations = [
        {"include-operation-id": name, "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
        for name in NOT_IN_THE_SCHEMA
    ]
    operations += [
        # every text is a table of one cell: as text/csv nothing violates its schema
        {"include-operation-id": "verifyBatch", "checks": {"negative_data_rejection": {"enabled": False}}}
    ]
    config = SchemathesisConfig.from_dict({"generation": {"database": "none"}, "operations": operations})
    return schemathesis.openapi.from_wsgi("/openapi.json", shared_world.app, config=config)


@pytest.fixture(autouse=True)
def fresh(shared_world: World) -> Iterator[None]:
    """What one test did is undone before the next."""
    yield
    shared_world.restore()


def real_objects(world: World) -> dict[str, list[str]]:
    facts = world.facts
    return {
        "sitting_id": [str(facts.open_sitting), str(facts.ended_sitting)],
        "norm_id": [str(facts.norm), str(facts.draft_norm)],
        "code": [facts.code],
        "slug": ["collaboration"],
    }


def send(world: World, case: Any, counts: Counter[tuple[str, str]]) -> None:
    """By every caller as it is; and if it is a right one, at objects that exist."""
    targets = [case.path_parameters]
    if case.path_parameters and case.meta.generation.mode is GenerationMode.POSITIVE:
        (name,) = case.path_parameters
        targets += [{name: value} for value in real_objects(world)[name]]
    for target in targets:
        case.path_parameters = target
        for caller in CALLERS:
            case.call_and_validate(headers=world.bearer(caller))
            counts[case.operation.definition.raw["operationId"], caller] += 1


def run(world: World, schema: Any, name: str, examples: int) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    operation = schema.find_operation_by_id(name)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(SEED)
        @settings(
            max_examples=examples // 2,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def every_caller(case: Any) -> None:
            send(world, case, counts)

        every_caller()
    return counts


def at_least(examples: int, counts: Counter[tuple[str, str]], name: str) -> bool:
    return all(counts[name, caller] >= examples for caller in CALLERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_answers_as_its_document_says(shared_world: World, schema, name: str):
    assert at_least(QUICK, run(shared_world, schema, name, QUICK), name)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_operation_answers_so_two_hundred_times(shared_world: World, schema, name: str):
    counts = run(shared_world, schema, name, THOROUGH)
    assert at_least(THOROUGH, counts, name)
    print(f"{name}: {sum(counts.values())} requests, 0 failures")


@pytest.mark.long
def test_links_lead_through_whole_sittings(shared_world: World, schema):
    """One request leads to the next as the document links them; the candidate's program walks."""

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": shared_world.bearer(OTHER)}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **options: Any) -> None:
            # The walk puts its token in place of whatever a case came with, so a "wrong" one would be let in here.
            case.validate_response(
                response,
                additional_checks=additional_checks,
                excluded_checks=[ignored_auth],
                transport_kwargs=options or None,
                recorder=self.recorder,
            )

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
