"""Who may reach what: every route of the application, declared by hand and compared with what is served.

A new route fails the test until it stands here, and a row without a route fails it too. The answer of each role is
one word: `in` (let in: anything but the other three, and no fault), `401` (nobody is known), `403` (known, without the
right), `404` (it does not exist for them). Foreign objects are always the owner's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.app.api.world import (
    ANONYMOUS,
    DESK_ROLES,
    EDITOR,
    NOTHING,
    OTHER,
    OWNER,
    RECRUITER,
    ROLES,
    UNPROVEN,
    Facts,
)

IN = "in"


def everyone(word: str, **others: str) -> dict[str, str]:
    """The same word for all, except the roles named (with _ for a space)."""
    all_of_them = dict.fromkeys((*ROLES, *DESK_ROLES), word)
    return {**all_of_them, **{role.replace("_", " "): answer for role, answer in others.items()}}


PUBLIC = everyone(IN)
SIGNED_IN = everyone(IN, anonymous="401")
OWNERS = everyone("404", anonymous="401", candidate=IN)
NOBODYS = everyone("404")
REVIEWERS = everyone("403", anonymous="401", reviewer=IN)
REVIEWERS_OWN = everyone("403", anonymous="401", reviewer="404")  # nothing is there for whoever may look
CHECKERS = everyone("403", anonymous="401", support=IN)
PROVEN = everyone(IN, anonymous="401", unproven_editor="403")  # a sensitive step: staff show their second factor
SECOND_FACTOR = {**everyone(IN, anonymous="401"), OWNER: "403", OTHER: "403", RECRUITER: "403"}
NORM_DESK = everyone("403", anonymous="401", editor=IN, norm_approver=IN)
NORM_EDITORS = everyone("403", anonymous="401", editor=IN)
ITEM_READERS = {**NORM_DESK, "item editor": IN}
PASSKEY_REMOVAL = {**OWNERS, "unproven editor": "403"}  # staff show their second factor before anything is looked up
DRAFT_DESK = everyone("403", anonymous="401", editor="404", norm_approver="404")  # likewise
APPROVERS = everyone("403", anonymous="401", norm_approver=IN)
ITEM_EDITORS = everyone("403", anonymous="401", item_editor=IN)
ITEM_EDITORS_OWN = everyone("403", anonymous="401", item_editor="404")  # likewise
# Programs have no cookie; an editor without a second factor cannot make a token, so they are nobody here.
TOKEN = everyone(IN, anonymous="401", unproven_editor="401")
TOKEN_OWNERS = everyone("404", anonymous="401", unproven_editor="401", candidate=IN)
DRAFT_NORM = everyone("404", editor=IN, norm_approver=IN)


@dataclass(frozen=True)
class Route:
    """One method on one rule: what is filled in, what is sent, and who gets what."""

    access: Mapping[str, str]
    filled: Callable[[Facts], Mapping[str, Any]] = lambda _facts: {}
    body: Mapping[str, Any] | None = None


def its(**names: str) -> Callable[[Facts], Mapping[str, Any]]:
    """Variables of the rule from attributes of the facts."""
    return lambda facts: {variable: getattr(facts, name) for variable, name in names.items()}


def being(**values: Any) -> Callable[[Facts], Mapping[str, Any]]:
    """Variables of the rule as they stand here."""
    return lambda _facts: values


OPEN, ENDED, CODE = its(sitting_id="open_sitting"), its(sitting_id="ended_sitting"), its(code="code")
CASE = its(case_id="case")
NORM, DRAFT = its(norm_id="norm"), its(norm_id="draft_norm")
JUDGE, PANEL = being(token="torn"), being(panel_id=NOTHING)
PASSKEY = its(passkey_id="passkey_id")
ITEM = its(item_id="item")
SHARED: Callable[[Facts], Mapping[str, Any]] = lambda facts: {"token": facts.share_token}  # noqa: E731
ASKED: Callable[[Facts], Mapping[str, Any]] = lambda facts: {"token": facts.challenge_token}  # noqa: E731
A_REPORT = its(item_id="item", report_id="item")
NO_RECALIBRATION = being(recalibration_id=NOTHING)
A_RESCORING: Callable[[Facts], Mapping[str, Any]] = lambda facts: {"item_id": facts.item, "rescoring_id": NOTHING}  # noqa: E731
SKILL, SLUG = being(skill="patience-trial"), being(slug="collaboration")
A_RESPONSE = {"position": 1, "value": None, "client_sequence": 1, "confirm": False}
A_STEP = {"state": "retired", "language": "en", "reason": "a test"}
A_START = {"skill": "collaboration", "language": "en", "honesty_statement": "1"}

TABLE: dict[tuple[str, str], list[Route]] = {
    # for everyone
    ("GET", "/"): [Route(PUBLIC)],
    ("GET", "/static/<path:filename>"): [Route(PUBLIC, being(filename="decile.css"))],
    ("GET", "/healthz"): [Route(PUBLIC)],
    ("GET", "/readyz"): [Route(PUBLIC)],
    ("GET", "/skills"): [Route(PUBLIC)],
    ("GET", "/skills/<slug>"): [Route(PUBLIC, SLUG)],
    ("GET", "/skills/<slug>/development"): [Route(PUBLIC, SLUG)],
    ("GET", "/achievements/<slug>"): [Route(PUBLIC, SLUG)],
    ("GET", "/norms"): [Route(PUBLIC)],
    ("GET", "/norms/<uuid:norm_id>"): [Route(PUBLIC, NORM), Route(NOBODYS, DRAFT)],
    ("GET", "/norms/<uuid:norm_id>.json"): [Route(PUBLIC, NORM), Route(NOBODYS, DRAFT)],
    ("GET", "/.well-known/did.json"): [Route(PUBLIC)],
    ("GET", "/.well-known/jwks.json"): [Route(PUBLIC)],
    ("GET", "/keys"): [Route(PUBLIC)],
    ("GET", "/status/<int:number>"): [Route(PUBLIC, being(number=1))],
    ("GET", "/verify"): [Route(NOBODYS, body={"code": "x"})],  # no certificate is asked for
    ("POST", "/verify"): [Route(NOBODYS)],
    ("GET", "/verify/batch"): [Route(PUBLIC)],
    ("POST", "/verify/batch"): [Route(PUBLIC, body={"codes": "x"})],
    ("GET", "/c/<typed>"): [Route(NOBODYS, its(typed="code"))],  # private: not even its holder sees it here
    ("GET", "/c/<typed>.json"): [Route(NOBODYS, its(typed="code"))],
    ("GET", "/c/<typed>.jwt"): [Route(NOBODYS, its(typed="code"))],
    ("GET", "/c/<typed>.<any(svg,png,pdf):suffix>"): [
        Route(NOBODYS, lambda facts, suffix=suffix: {"typed": facts.code, "suffix": suffix})
        for suffix in ("svg", "png", "pdf")
    ],
    ("GET", "/practice/<int:position>"): [Route(PUBLIC, being(position=1))],
    ("POST", "/practice/<int:position>"): [Route(PUBLIC, being(position=1), {"answer": "0"})],
    ("GET", "/practice/done"): [Route(PUBLIC)],
    ("GET", "/docs"): [Route(PUBLIC)],
    ("GET", "/design"): [Route(PUBLIC)],
    ("GET", "/design/plots"): [Route(PUBLIC)],
    ("GET", "/help"): [Route(PUBLIC)],
    ("GET", "/help/certificate"): [Route(PUBLIC)],
    ("GET", "/help/terms"): [Route(PUBLIC)],
    ("GET", "/help/top-10-percent"): [Route(PUBLIC)],
    ("GET", "/privacy"): [Route(PUBLIC)],
    ("GET", "/accessibility"): [Route(PUBLIC)],
    ("GET", "/openapi.json"): [Route(PUBLIC)],
    ("GET", "/problems/<code>"): [Route(PUBLIC, being(code="internal"))],
    ("GET", "/reminders/<token>"): [Route(PUBLIC, being(token="torn"))],  # the link in a mail is the proof
    ("POST", "/reminders/<token>"): [Route(PUBLIC, being(token="torn"))],
    ("GET", "/second-address/<token>"): [Route(PUBLIC, being(token="torn"))],  # likewise
    ("POST", "/second-address/<token>"): [Route(PUBLIC, being(token="torn"))],
    ("GET", "/log/checkpoint"): [Route(PUBLIC)],
    ("GET", "/log/keys"): [Route(PUBLIC)],
    ("GET", "/log/tile/<int:level>/<path:place>"): [Route(NOBODYS, being(level=0, place="999"))],
    ("GET", "/log/tile/entries/<path:place>"): [Route(NOBODYS, being(place="999"))],
    ("GET", "/log/proof/<typed>"): [Route(NOBODYS, its(typed="code"))],  # private, as its certificate
    # signing in
    ("GET", "/sign-in"): [Route(PUBLIC)],
    ("POST", "/sign-in"): [Route(PUBLIC)],
    ("GET", "/sign-in/code"): [Route(PUBLIC)],
    ("POST", "/sign-in/code"): [Route(PUBLIC)],
    ("GET", "/sign-in/link"): [Route(PUBLIC)],
    ("GET", "/sign-in/confirm"): [Route(PUBLIC)],
    ("POST", "/sign-in/confirm"): [Route(PUBLIC)],
    ("GET", "/join"): [Route(PUBLIC)],
    ("POST", "/join"): [Route(PUBLIC)],
    ("POST", "/sign-in/passkey/options"): [Route(PUBLIC)],
    ("POST", "/sign-in/passkey"): [Route(PUBLIC)],
    ("POST", "/sign-out"): [Route(PUBLIC)],
    # one's own
    ("GET", "/me"): [Route(SIGNED_IN)],
    ("GET", "/me/messages"): [Route(SIGNED_IN)],
    ("GET", "/account"): [Route(SIGNED_IN)],
    ("POST", "/account"): [Route(SIGNED_IN)],
    ("POST", "/account/consents/<kind>"): [Route(SIGNED_IN, being(kind="assessment"))],
    ("POST", "/account/consents/<kind>/withdraw"): [Route(SIGNED_IN, being(kind="assessment"))],
    ("POST", "/account/sign-ins/end-others"): [Route(SIGNED_IN)],
    ("GET", "/account/passkeys/new"): [Route(SIGNED_IN)],
    ("POST", "/account/passkeys/options"): [Route(SIGNED_IN)],
    ("POST", "/account/passkeys"): [Route(SIGNED_IN)],
    ("POST", "/account/passkeys/<uuid:passkey_id>/rename"): [Route(OWNERS, PASSKEY, {"label": "Key"})],
    ("POST", "/account/passkeys/<uuid:passkey_id>/remove"): [Route(PASSKEY_REMOVAL, PASSKEY)],
    ("GET", "/prove"): [Route(SIGNED_IN)],
    ("POST", "/prove/code"): [Route(SIGNED_IN)],
    ("POST", "/prove/passkey/options"): [Route(SIGNED_IN)],
    ("POST", "/prove/passkey"): [Route(SIGNED_IN)],
    ("POST", "/account/sign-ins/<uuid:session_id>/end"): [Route(OWNERS, its(session_id="session_id"))],
    ("GET", "/account/second-address"): [Route(SIGNED_IN)],
    ("POST", "/account/second-address"): [Route(PROVEN)],
    ("POST", "/account/second-address/remove"): [Route(SIGNED_IN)],
    ("GET", "/account/tokens"): [Route(SIGNED_IN)],
    ("POST", "/account/tokens"): [Route(PROVEN)],
    ("POST", "/account/tokens/<uuid:token_id>/delete"): [Route(OWNERS, its(token_id="token_id"))],
    ("GET", "/second-factor"): [Route(SECOND_FACTOR)],
    ("POST", "/second-factor"): [Route(SIGNED_IN)],
    ("POST", "/second-factor/enrol"): [Route(SECOND_FACTOR)],
    ("POST", "/account/second-factor/remove"): [Route(PROVEN)],
    # sittings, results, certificates
    ("GET", "/skills/<slug>/start"): [Route(SIGNED_IN, SLUG)],
    ("POST", "/skills/<slug>/start"): [Route(SIGNED_IN, SLUG)],
    ("GET", "/sittings/<uuid:sitting_id>"): [Route(OWNERS, OPEN), Route(OWNERS, ENDED)],
    ("POST", "/sittings/<uuid:sitting_id>/responses"): [
        Route(OWNERS, OPEN, A_RESPONSE),
        Route(OWNERS, ENDED, A_RESPONSE),
    ],
    ("POST", "/sittings/<uuid:sitting_id>/responses/<int:position>/draft"): [
        Route(OWNERS, lambda facts: {**OPEN(facts), "position": 1}, A_RESPONSE)
    ],
    ("POST", "/sittings/<uuid:sitting_id>/report"): [
        Route(OWNERS, OPEN, {"position": 1, "problem": "unclear"}),
        Route(OWNERS, ENDED, {"position": 1, "problem": "unclear"}),
    ],
    ("POST", "/sittings/<uuid:sitting_id>/adjustments"): [
        Route(OWNERS, OPEN, {"on": "larger-text"}),
        Route(OWNERS, ENDED, {"on": "larger-text"}),
    ],
    ("POST", "/sittings/<uuid:sitting_id>/move"): [Route(OWNERS, OPEN)],
    ("GET", "/sittings/<uuid:sitting_id>/moved/<uuid:request_id>"): [
        Route(OWNERS, lambda facts: {**OPEN(facts), "request_id": NOTHING})
    ],
    ("GET", "/sittings/<uuid:sitting_id>/leave"): [Route(OWNERS, OPEN)],
    ("POST", "/sittings/<uuid:sitting_id>/leave"): [Route(OWNERS, OPEN)],
    ("GET", "/sittings/<uuid:sitting_id>/done"): [Route(OWNERS, ENDED)],
    ("GET", "/results/<uuid:sitting_id>"): [Route(OWNERS, ENDED), Route(OWNERS, OPEN)],
    ("GET", "/credentials/<code>"): [Route(OWNERS, CODE)],
    ("GET", "/credentials/<code>.<any(json,jwt,svg,png,pdf):suffix>"): [
        Route(OWNERS, lambda facts, suffix=suffix: {"code": facts.code, "suffix": suffix})
        for suffix in ("json", "jwt", "svg", "png", "pdf")
    ],
    ("POST", "/credentials/<code>/visibility"): [Route(OWNERS, CODE, {"visibility": "public"})],
    ("GET", "/credentials/<code>/shares"): [Route(OWNERS, CODE)],
    ("POST", "/credentials/<code>/shares"): [Route(OWNERS, CODE, {"made_for": "Acme", "days": "7"})],
    ("POST", "/credentials/<code>/shares/<uuid:grant_id>/end"): [Route(OWNERS, its(code="code", grant_id="share"))],
    ("GET", "/s/<token>"): [Route(PUBLIC, SHARED), Route(NOBODYS, being(token="torn"))],
    ("GET", "/c/<typed>/receipt"): [Route(NOBODYS, its(typed="code"))],
    ("GET", "/c/<typed>/receipt.json"): [Route(NOBODYS, its(typed="code"))],
    ("GET", "/c/<typed>/ask"): [Route(NOBODYS, its(typed="code"))],
    ("POST", "/c/<typed>/ask"): [Route(NOBODYS, its(typed="code"))],
    ("GET", "/asked/<token>"): [Route(PUBLIC, ASKED), Route(NOBODYS, being(token="torn"))],
    ("GET", "/asked/<token>/confirm"): [Route(OWNERS, ASKED)],
    ("POST", "/asked/<token>/confirm"): [Route(OWNERS, ASKED)],
    # judges, who need no account: their link is signed, and this one is torn
    ("GET", "/judge/<token>"): [Route(PUBLIC, JUDGE)],
    ("GET", "/judge/<token>/<int:place>"): [Route(PUBLIC, being(token="torn", place=1))],
    ("POST", "/judge/<token>/declare"): [Route(PUBLIC, JUDGE, {"independent": "1"})],
    ("POST", "/judge/<token>/<int:place>"): [Route(PUBLIC, being(token="torn", place=1))],
    ("POST", "/judge/<token>/sign"): [Route(PUBLIC, JUDGE)],
    # the founding desk
    ("GET", "/desk/founding"): [Route(NORM_DESK)],
    ("GET", "/desk/founding/<slug>"): [Route(NORM_DESK, SLUG)],
    # the key desk
    ("GET", "/desk/keys"): [Route(NORM_DESK)],
    ("POST", "/desk/keys/open/<uuid:release_id>"): [Route(DRAFT_DESK, being(release_id=NOTHING))],
    ("GET", "/desk/keys/<uuid:panel_id>"): [Route(DRAFT_DESK, PANEL)],
    ("POST", "/desk/keys/<uuid:panel_id>/invite"): [Route(DRAFT_DESK, PANEL)],
    ("POST", "/desk/keys/<uuid:panel_id>/release"): [Route(DRAFT_DESK, PANEL)],
    # the norm desk
    ("GET", "/results/<uuid:sitting_id>/review"): [Route(OWNERS, ENDED)],
    ("POST", "/results/<uuid:sitting_id>/review"): [Route(OWNERS, ENDED, {"reason": "unclear", "words": ""})],
    ("POST", "/results/<uuid:sitting_id>/review/take-back"): [Route(OWNERS, ENDED)],
    ("GET", "/me/timeline"): [Route(SIGNED_IN)],
    ("GET", "/me/export"): [Route(SIGNED_IN)],
    ("POST", "/me/export"): [Route(PROVEN)],
    ("GET", "/me/erase"): [Route(SIGNED_IN)],
    ("POST", "/me/erase"): [Route(PROVEN, body={"certificates": "keep"})],
    ("GET", "/desk/cases"): [Route(REVIEWERS)],
    ("GET", "/desk/cases/<uuid:case_id>"): [Route(REVIEWERS, CASE)],
    ("POST", "/desk/cases/<uuid:case_id>"): [Route(REVIEWERS, CASE, {"outcome": "stands"})],
    ("GET", "/desk/register"): [Route(REVIEWERS)],
    ("POST", "/desk/register"): [Route(REVIEWERS)],
    ("GET", "/desk/register/<uuid:change_id>"): [Route(REVIEWERS_OWN, being(change_id=NOTHING))],
    ("GET", "/desk/register/norms/<uuid:norm_id>"): [Route({**DRAFT_DESK, "reviewer": "404"}, being(norm_id=NOTHING))],
    ("POST", "/desk/register/<uuid:change_id>/apply"): [Route(REVIEWERS_OWN, being(change_id=NOTHING))],
    ("POST", "/desk/register/<uuid:change_id>/drop"): [Route(REVIEWERS_OWN, being(change_id=NOTHING))],
    ("GET", "/desk/merges"): [Route(REVIEWERS)],
    ("POST", "/desk/merges"): [Route(REVIEWERS)],
    ("GET", "/desk/merges/<uuid:merge_id>"): [Route(REVIEWERS_OWN, being(merge_id=NOTHING))],
    ("POST", "/desk/merges/<uuid:merge_id>/apply"): [Route(REVIEWERS_OWN, being(merge_id=NOTHING))],
    ("POST", "/desk/merges/<uuid:merge_id>/drop"): [Route(REVIEWERS_OWN, being(merge_id=NOTHING))],
    ("GET", "/desk/certificates"): [Route(REVIEWERS)],
    ("POST", "/desk/certificates"): [Route(REVIEWERS)],
    ("GET", "/desk/certificates/<uuid:review_id>"): [Route(REVIEWERS_OWN, being(review_id=NOTHING))],
    ("POST", "/desk/certificates/<uuid:review_id>"): [Route(REVIEWERS_OWN, being(review_id=NOTHING))],
    ("GET", "/desk/alarms"): [Route(NORM_DESK)],
    ("POST", "/desk/alarms/<uuid:alarm_id>/close"): [Route(DRAFT_DESK, being(alarm_id=NOTHING))],
    ("GET", "/desk/norms"): [Route(NORM_DESK)],
    ("GET", "/desk/norms/<uuid:norm_id>"): [Route(NORM_DESK, DRAFT)],
    ("GET", "/desk/norms/recalibrate/<skill>"): [Route(NORM_DESK, SKILL)],
    ("POST", "/desk/norms/recalibrate/<skill>"): [Route(NORM_EDITORS, SKILL)],
    ("GET", "/desk/norms/recalibrations/<uuid:recalibration_id>"): [Route(DRAFT_DESK, NO_RECALIBRATION)],
    ("POST", "/desk/norms/recalibrations/<uuid:recalibration_id>/cancel"): [Route(DRAFT_DESK, NO_RECALIBRATION)],
    ("GET", "/desk/norms/<uuid:norm_id>/preview"): [Route(NORM_DESK, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/preview"): [Route(NORM_DESK, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/approve"): [Route(APPROVERS, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/schedule"): [Route(NORM_DESK, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/stop"): [Route(NORM_DESK, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/publish"): [Route(NORM_DESK, DRAFT)],
    # the item desk: norm staff read it, and item editors alone act on it
    ("GET", "/desk/items"): [Route(ITEM_READERS)],
    ("GET", "/desk/items/<uuid:item_id>"): [Route(ITEM_READERS, ITEM)],
    ("GET", "/desk/items/<uuid:item_id>/suspension"): [Route(ITEM_READERS, ITEM)],
    ("POST", "/desk/items/<uuid:item_id>/state"): [Route(ITEM_EDITORS, ITEM, A_STEP)],
    ("POST", "/desk/items/<uuid:item_id>/reviews"): [Route(ITEM_EDITORS, ITEM, {"aspect": "content"})],
    ("GET", "/desk/items/<uuid:item_id>/rescoring"): [Route(ITEM_READERS, ITEM)],
    ("POST", "/desk/items/<uuid:item_id>/rescoring"): [Route(ITEM_EDITORS, ITEM, {"reason": "a test"})],
    ("POST", "/desk/items/<uuid:item_id>/rescoring/<uuid:rescoring_id>/apply"): [Route(ITEM_EDITORS_OWN, A_RESCORING)],
    ("POST", "/desk/items/<uuid:item_id>/rescoring/<uuid:rescoring_id>/undo"): [Route(ITEM_EDITORS_OWN, A_RESCORING)],
    # checks of sittings
    ("GET", "/desk/checks"): [Route(CHECKERS)],
    ("GET", "/desk/checks/<uuid:sitting_id>"): [Route(CHECKERS, ENDED)],
    ("POST", "/desk/checks/<uuid:sitting_id>"): [Route(CHECKERS, ENDED, {"verdict": "sound", "reasons": "A reason."})],
    ("POST", "/desk/items/<uuid:item_id>/reports/<uuid:report_id>"): [Route(ITEM_EDITORS, A_REPORT)],
    ("POST", "/desk/norms/<uuid:norm_id>/rollback"): [Route(NORM_DESK, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/rollback/confirm"): [Route(APPROVERS, DRAFT)],
    ("POST", "/desk/norms/<uuid:norm_id>/compare"): [Route(NORM_DESK, DRAFT)],
    # for programs
    ("GET", "/api/v1/skills"): [Route(PUBLIC)],
    ("GET", "/api/v1/skills/<slug>"): [Route(PUBLIC, SLUG)],
    ("GET", "/api/v1/norms"): [Route(PUBLIC)],
    ("GET", "/api/v1/norms/<uuid:norm_id>"): [Route(PUBLIC, NORM), Route(DRAFT_NORM, DRAFT)],
    ("GET", "/api/v1/norms/<uuid:norm_id>/table"): [Route(PUBLIC, NORM), Route(NOBODYS, DRAFT)],
    ("GET", "/api/v1/verify/<code>"): [Route(NOBODYS, CODE)],
    ("POST", "/api/v1/verify/batch"): [Route(PUBLIC, body={"codes": ["x"]})],
    ("GET", "/api/v1/token"): [Route(TOKEN)],
    ("GET", "/api/v1/sittings"): [Route(TOKEN)],
    ("POST", "/api/v1/sittings"): [Route(TOKEN, body=A_START)],
    ("GET", "/api/v1/sittings/<uuid:sitting_id>"): [Route(TOKEN_OWNERS, OPEN), Route(TOKEN_OWNERS, ENDED)],
    ("GET", "/api/v1/sittings/<uuid:sitting_id>/item"): [Route(TOKEN_OWNERS, OPEN)],
    ("POST", "/api/v1/sittings/<uuid:sitting_id>/responses"): [Route(TOKEN_OWNERS, OPEN, A_RESPONSE)],
    ("POST", "/api/v1/sittings/<uuid:sitting_id>/leave"): [Route(TOKEN_OWNERS, OPEN)],
    ("GET", "/api/v1/sittings/<uuid:sitting_id>/done"): [Route(TOKEN_OWNERS, ENDED)],
    ("GET", "/api/v1/results"): [Route(TOKEN)],
    ("GET", "/api/v1/results/<uuid:sitting_id>"): [Route(TOKEN_OWNERS, ENDED)],
    ("GET", "/api/v1/certificates"): [Route(TOKEN)],
    ("GET", "/api/v1/certificates/<code>"): [Route(TOKEN_OWNERS, CODE)],
    ("GET", "/api/v1/certificates/<code>/document"): [Route(TOKEN_OWNERS, CODE)],
    ("PUT", "/api/v1/certificates/<code>/visibility"): [Route(TOKEN_OWNERS, CODE, {"visibility": "public"})],
}  # fmt: skip
assert {ANONYMOUS, OWNER, OTHER, RECRUITER, UNPROVEN, EDITOR} == set(ROLES)
