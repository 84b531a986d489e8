"""The page a recruiter sees, and what programs get."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from app.credentials import codes
from app.credentials.states import RevocationReason, Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy
from app.verification.views import answer_headers
from tests.app.credentials.awards import JWT_KEY_ID, KEY_ID
from tests.app.credentials.openbadges_verifier import verify_token_with_openbadgeslib, verify_with_openbadgeslib
from tests.app.verification.register import FRENCH, HTML
from tests.app.verification.test_grant_share import Holder


def words(page: str) -> str:
    """The page's text as it is read, without markup."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_the_first_thing_read_is_the_verdict_then_who_sat_then_the_claim(client, register) -> None:
    code = register.issued(shown_name="Zoë O’Neil")
    answer = client.get(f"/c/{code}", headers=HTML)
    text = words(answer.text)
    assert answer.status_code == 200
    assert text.startswith("✓ VALID until 23 November 2027, 12:00 UTC Identity not checked; taken unsupervised")
    for fact in (
        "Zoë O’Neil · Collaboration",
        "Top 10 % of adults at work, by norm COL-2026.2, decision confidence 0.81",
        "93.4, 90 % band 86.2 to 97.1",
        "5,120",
        "1 November 2024 to 31 October 2026",
        "percentile 90 of the norm group, at 1.282 (standard error 0.031)",
        "checked, it matches the content",
        "Checked at 23 November 2026, 12:00 UTC",
        codes.grouped(code),
        f"http://localhost/c/{code}",
        "Compare the address bar",
        "No evidence yet that it predicts performance at work",
    ):
        assert fact in text
    assert answer.headers["Decile-Verdict"] == "valid"


def test_the_page_speaks_french(client, register) -> None:
    text = words(client.get(f"/c/{register.issued()}", headers=FRENCH).text)
    assert "Coopération" in text
    for fact in (
        "Parmi les 10 % les plus hauts du groupe « adultes au travail",
        "93,4 (intervalle à 90 % : de 86,2 à 97,1)",
        "5 120",
        "du 1er novembre 2024 au 31 octobre 2026",
        "centile 90 du groupe de référence, à 1,282 (erreur type 0,031)",
        "novembre 2027",
    ):
        assert fact in text


def test_programs_read_the_same_figures_whatever_language_they_speak(client, register) -> None:
    code = register.issued()
    signed = [client.get(f"/c/{code}.json", headers={"Accept-Language": language}).text for language in ("en", "fr")]
    assert signed[0] == signed[1]
    assert '"93.4"' in signed[0]


def test_help_speaks_of_each_verdict_and_of_who_sat_in_the_words_of_the_certificate(client, register, clock) -> None:
    for headers in (HTML, FRENCH):
        explained = client.get("/help/certificate", headers=headers).text
        codes_by_word = [register.issued(), register.issued(is_specimen=True), register.issued(), register.issued()]
        register.change(codes_by_word[2], suspended_at=clock.now())
        register.change(codes_by_word[3], signed_document="{}")
        for code in codes_by_word:
            said = words(client.get(f"/c/{code}", headers=headers).text).split()[1].rstrip(":")
            assert f"<strong>{said}</strong>" in explained
        sat = re.search(r'role="status">.*?<br>([^<]+)<', client.get(f"/c/{codes_by_word[0]}", headers=headers).text)
        assert sat[1] in explained


@pytest.mark.parametrize(
    ("change", "verdict", "first_words"),
    [
        ({"is_specimen": True}, "specimen", "◇ SPECIMEN"),
        ({"suspended": True}, "suspended", "‖ SUSPENDED: under review"),
        ({"revoked": True}, "revoked", "✕ REVOKED on 23 November 2026, 12:00 UTC : it was issued in error"),
        ({"expired": True}, "expired", "⌛ EXPIRED: was valid until 23 November 2027, 12:00 UTC"),
        ({"altered": True}, "altered", "≠ ALTERED"),
    ],
)
def test_edge_053_and_054_every_state_is_said_in_words_and_shape(
    client, register, clock, change, verdict, first_words
) -> None:
    code = register.issued(is_specimen="is_specimen" in change)
    if "suspended" in change:
        register.change(code, suspended_at=clock.now())
    if "revoked" in change:
        register.revoke(code)
    if "expired" in change:
        clock.advance(timedelta(days=365))
    if "altered" in change:
        register.change(code, signed_document="{}")
    answer = client.get(f"/c/{code}", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["Decile-Verdict"] == verdict
    assert words(answer.text).startswith(first_words)
    assert "VALID until" not in answer.text


def test_an_altered_record_repeats_none_of_its_content(client, register) -> None:
    code = register.issued()
    register.change(code, signed_document='{"credentialSubject": {"result": "99.9"}}')
    assert "99.9" not in client.get(f"/c/{code}", headers=HTML).text
    answer = client.get(f"/c/{code}.json")
    assert (answer.status_code, answer.json["code"]) == (409, "credential-altered")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/vc+ld+json"),
        ("application/json", "application/json"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/vc", "application/vc"),
        ("application/ld+json", "application/ld+json"),
        ("*/*", "text/html"),
        ("text/html", "text/html"),
        (HTML["Accept"], "text/html"),
    ],
)
def test_what_is_answered_follows_what_is_accepted(client, register, accept, expected) -> None:
    code = register.issued()
    answer = client.get(f"/c/{code}", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (200, expected)
    assert "Accept" in answer.headers["Vary"]
    if expected != "text/html":
        assert json.loads(answer.text)["id"] == f"http://localhost/c/{code}"


def test_the_json_is_the_signed_document_and_an_outside_verifier_accepts_it(client, register, clock) -> None:
    code = register.issued()
    signed = client.get(f"/c/{code}.json")
    assert signed.mimetype == "application/vc+ld+json"
    assert signed.headers["Access-Control-Allow-Origin"] == "*"
    keys = client.get("/.well-known/did.json").json
    listed = client.get("/status/1").text
    assert verify_with_openbadgeslib(signed.text, keys, listed, at=clock.now() + timedelta(minutes=1))


def test_the_jwt_is_served_by_its_address_and_by_negotiation_and_an_outside_verifier_accepts_it(
    client, register, clock
) -> None:
    code = register.issued()
    by_address = client.get(f"/c/{code}.jwt")
    negotiated = client.get(f"/c/{code}", headers={"Accept": "application/vc+jwt"})
    assert by_address.text == negotiated.text
    assert by_address.mimetype == negotiated.mimetype == "application/vc+jwt"
    assert by_address.headers["Access-Control-Allow-Origin"] == "*"
    assert by_address.headers["Decile-Verdict"] == "valid"
    keys = client.get("/.well-known/did.json").json
    listed = client.get("/status/1", headers={"Accept": "application/vc+jwt"})
    assert listed.mimetype == "application/vc+jwt"
    assert "Accept" in listed.headers["Vary"]
    at = clock.now() + timedelta(minutes=1)
    assert verify_token_with_openbadgeslib(by_address.text, keys, listed.text, at=at)


def test_a_jwt_that_was_exchanged_or_never_signed_is_not_served(client, register) -> None:
    first, second = register.issued(), register.issued()
    other = client.get(f"/c/{second}.jwt").text
    for stored in (other, client.get(f"/c/{first}.jwt").text[:-1], None):
        register.change(first, signed_jwt=stored)
        answer = client.get(f"/c/{first}.jwt")
        assert (answer.status_code, answer.json["code"]) == (404, "carrier-missing")


def test_the_page_names_its_carriers_for_software(client, register) -> None:
    code = register.issued()
    page = client.get(f"/c/{code}", headers=HTML)
    for kind, suffix in (
        ("application/vc+ld+json", "json"),
        ("application/vc+jwt", "jwt"),
        ("image/svg+xml", "svg"),
        ("image/png", "png"),
        ("application/pdf", "pdf"),
    ):
        assert f'<link rel="alternate" type="{kind}" href="/c/{code}.{suffix}">' in page.text
        answer = client.get(f"/c/{code}.{suffix}")
        assert answer.mimetype == kind
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Accept" in answer.headers["Vary"]
        again = client.get(f"/c/{code}.{suffix}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_edge_040_the_etag_follows_the_verdict_and_not_the_time(client, register, clock) -> None:
    code = register.issued()
    first = client.get(f"/c/{code}", headers=HTML)
    assert first.headers["Cache-Control"] == "private, no-cache"
    clock.advance(timedelta(minutes=5))
    again = client.get(f"/c/{code}", headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    register.revoke(code)
    after = client.get(f"/c/{code}", headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert "REVOKED" in after.text
    for kind in ("application/json", "text/html"):
        assert client.get(f"/c/{code}", headers={"Accept": kind}).headers["Decile-Verdict"] == "revoked"


def test_nobody_reads_with_what_another_reader_asked_for_the_page(client, register) -> None:
    path = f"/c/{register.issued()}"
    asked = client.get(f"{path}?from=alice%40acme.example&case=4711&language=en", headers=HTML)
    assert "4711" in asked.text, "links to other languages repeat it, to whoever came with it"
    for query in ("", "?language=en", "?case=4712"):
        answer = client.get(f"{path}{query}", headers=HTML)
        assert "acme" not in answer.text
        assert "4711" not in answer.text


def test_case_048_a_proxy_may_keep_for_a_second_what_is_shown_to_everybody_and_nothing_else(client, register) -> None:
    shown, closed = register.issued(), register.issued(visibility=Visibility.PRIVATE)
    for kind in ("text/html", "application/json", "application/vc+jwt"):
        assert client.get(f"/c/{shown}", headers={"Accept": kind}).headers["X-Accel-Expires"] == "1"
        for path in (f"/c/{closed}", f"/c/{shown[:-1]}", "/c/unknown"):
            assert "X-Accel-Expires" not in client.get(path, headers={"Accept": kind}).headers
    assert client.get(f"/c/{shown}.pdf").headers["X-Accel-Expires"] == "1"
    client.set_cookie("language", "fr")
    assert "X-Accel-Expires" not in client.get(f"/c/{shown}", headers=HTML).headers


def test_edge_039_the_etag_changes_when_the_term_ends_though_no_row_did(client, register, clock) -> None:
    code = register.issued()
    first = client.get(f"/c/{code}", headers=HTML)
    clock.advance(timedelta(days=365))
    after = client.get(f"/c/{code}", headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert (after.status_code, after.headers["Decile-Verdict"]) == (200, "expired")


def test_another_release_that_draws_otherwise_is_not_taken_for_the_same(client, register, monkeypatch) -> None:
    code = register.issued()
    asked = [(f"/c/{code}{kind}", headers) for kind in ("", ".svg", ".pdf") for headers in (HTML, FRENCH)]
    etags = [client.get(path, headers=headers).headers["ETag"] for path, headers in asked]
    monkeypatch.setattr(answer_headers, "drawing", lambda: "of the next release")
    client.set_cookie("language", "en")  # the process's kept answers end with its release
    for (path, headers), etag in zip(asked, etags, strict=True):
        assert client.get(path, headers={**headers, "If-None-Match": etag}).status_code == 200


def test_language_and_kind_have_etags_of_their_own(client, register) -> None:
    code = register.issued()
    asked = (HTML, FRENCH, {"Accept": "application/json"})
    assert len({client.get(f"/c/{code}", headers=headers).headers["ETag"] for headers in asked}) == 3


@pytest.mark.parametrize(
    "headers", [HTML, FRENCH, {"Accept": "application/json"}, {}], ids=["en", "fr", "json", "none"]
)
@pytest.mark.parametrize("path", ["/c/{}", *(f"/c/{{}}.{kind}" for kind in ("json", "jwt", "svg", "png", "pdf"))])
def test_case_027_and_edge_052_a_private_and_an_unknown_code_answer_identically_to_the_byte(
    app, register, path, headers
) -> None:
    private = register.issued(Visibility.PRIVATE)
    unknown = codes.code_from_bits(12345)
    answers = []
    for code in (private, unknown):
        # The rate limit's headers count the asker's requests and seconds, whatever the code: left out.
        address = {"REMOTE_ADDR": f"192.0.2.{1 + len(answers)}"}
        answer = app.test_client().get(path.format(code), headers=headers, environ_base=address)
        told = sorted(header for header in answer.headers if not header[0].startswith(("X-RateLimit", "Retry")))
        answers.append((answer.status, answer.data, told))
    assert answers[0] == answers[1]
    assert answers[0][0].startswith("404")
    assert private not in answers[0][1].decode()


def test_edge_049_a_wrong_check_character_is_a_typing_error_and_not_unknown(client, register) -> None:
    code = register.issued()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    answer = client.get(f"/c/{wrong}", headers=HTML)
    assert answer.status_code == 404
    assert "TYPING ERROR?" in answer.text
    assert client.get(f"/c/{wrong}.json").json["code"] == "code-typing-error"


def test_edge_049_another_spelling_of_the_code_leads_to_its_address(client, register) -> None:
    code = register.issued()
    answer = client.get(f"/c/{codes.grouped(code).lower()}?language=fr", headers=HTML)
    assert (answer.status_code, answer.location) == (308, f"/c/{code}?language=fr")


def test_a_typed_code_is_repaired_and_leads_to_its_page(client, register) -> None:
    code = register.issued()
    typed = codes.grouped(code).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for answer in (client.post("/verify", data={"code": typed}), client.get("/verify", query_string={"code": typed})):
        assert (answer.status_code, answer.location) == (303, f"/c/{code}")


def test_a_link_for_a_single_reader_leads_to_its_page(client) -> None:
    link = "https://decile.example/s/AbC-d_e.fG9"
    for answer in (client.post("/verify", data={"code": f" {link} "}, headers=HTML),
                   client.get("/verify", query_string={"code": link}, headers=HTML)):  # fmt: skip
        assert (answer.status_code, answer.location) == (303, "/s/AbC-d_e.fG9")
    told = client.post("/verify", json={"code": link})
    assert (told.status_code, told.json["code"]) == (422, "single-reader-link")


def test_a_page_of_another_origin_may_follow_the_printed_code_and_read_the_verdict(client, register) -> None:
    code = register.issued()
    answer = client.get(f"/c/{codes.grouped(code).lower()}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (308, "*")
    for path in (f"/c/{code}", f"/c/{code}/receipt.json"):
        answer = client.get(path, headers={"Accept": "application/json"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Decile-Verdict" in answer.headers["Access-Control-Expose-Headers"]


def test_an_empty_form_is_shown_again_with_what_to_do(client) -> None:
    for sent in ({"code": ""}, {"code": "  "}, {}):
        answer = client.post("/verify", data=sent, headers=HTML)
        assert (answer.status_code, "Nothing was sent. Type the code" in answer.text) == (422, True)
    fresh = client.get("/verify", headers=HTML)
    assert (fresh.status_code, "Nothing was sent" in fresh.text) == (200, False)


def test_a_mistyped_code_is_shown_again_with_what_to_do(client) -> None:
    answer = client.post("/verify", data={"code": "7Q4F-XK2M-<b>"}, headers=HTML)
    assert answer.status_code == 422
    assert "Is there a typing error?" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text


def test_programs_get_the_verdict_as_json(client, register, clock) -> None:
    code = register.issued()
    answer = client.post("/verify", json={"code": code}, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json["verdict"] == "valid"
    assert answer.json["valid_until"] == "2027-11-23T12:00:00Z"
    assert answer.json["checked_at"] == "2026-11-23T12:00:00Z"
    assert answer.json["facts"]["percentile-rank"] == "93.4"
    clock.advance(timedelta(days=365))
    assert client.post("/verify", json={"code": code}).json["verdict"] == "expired"
    assert client.post("/verify", json={"code": "nothing"}).json["code"] == "code-typing-error"
    assert client.post("/verify", json=[1]).status_code == 404
    unreadable = client.post("/verify", data="[" * 3000 + "]" * 3000, content_type="application/json")
    assert unreadable.status_code == 404


def test_case_027_and_edge_050_guessing_codes_is_slowed_down_per_network_and_reading_is_not(runtime, register) -> None:
    code = register.issued()
    _allow_guesses(runtime, 5)
    app = create_app(runtime)

    def ask(path: str, network: str) -> int:
        return app.test_client().get(path, headers=HTML, environ_base={"REMOTE_ADDR": network}).status_code

    guesses = [ask(f"/c/{codes.code_from_bits(bits)}", "192.0.2.9") for bits in range(7)]
    assert guesses == [404] * 5 + [429] * 2
    assert ask("/c/typing-error", "192.0.2.9") == 429
    assert [ask(f"/c/{code}", "192.0.2.10") for _ in range(20)] == [200] * 20


def test_only_an_answer_that_is_to_be_asked_again_says_when(runtime, register) -> None:
    code = register.issued()
    _allow_guesses(runtime, 1)
    client = create_app(runtime).test_client()
    paths = (f"/c/{code}", f"/c/{codes.code_from_bits(1)}", f"/c/{codes.code_from_bits(2)}")
    answers = [client.get(path, headers=HTML) for path in paths]
    assert [(one.status_code, "Retry-After" in one.headers) for one in answers] == [
        (200, False),
        (404, False),
        (429, True),
    ]


def test_guesses_from_many_addresses_of_one_ipv6_household_share_one_limit(runtime) -> None:
    _allow_guesses(runtime, 5)
    app = create_app(runtime)

    def ask(bits: int, network: str) -> int:
        address = {"REMOTE_ADDR": f"{network}::{bits:x}"}
        return app.test_client().get(f"/c/{codes.code_from_bits(bits)}", headers=HTML, environ_base=address).status_code

    assert [ask(bits, "2001:db8:1:2") for bits in range(7)] == [404] * 5 + [429] * 2
    assert ask(7, "2001:db8:1:3") == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_case_067_a_changing_forwarding_header_evades_no_limit(runtime, header) -> None:
    """Nobody in front is trusted, so whatever a header says of the network is the guesser's own invention."""
    _allow_guesses(runtime, 5)
    app = create_app(runtime)
    answers = [
        app.test_client().get(
            f"/c/{codes.code_from_bits(bits)}",
            headers={**HTML, header: f"for=198.51.100.{bits}" if header == "Forwarded" else f"198.51.100.{bits}"},
            environ_base={"REMOTE_ADDR": "192.0.2.9"},
        )
        for bits in range(12)
    ]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429] * 7


def test_case_067_behind_one_trusted_proxy_its_word_counts_and_the_guessers_does_not(runtime) -> None:
    """The proxy appends who asked it; what stands before that was sent by the guesser."""
    _allow_guesses(runtime, 5)
    app = create_app(replace(runtime, settings=runtime.settings.model_copy(update={"trusted_proxies": 1})))

    def ask(bits: int, network: str) -> int:
        sent = {**HTML, "X-Forwarded-For": f"198.51.100.{bits}, {network}"}
        return app.test_client().get(f"/c/{codes.code_from_bits(bits)}", headers=sent).status_code

    assert [ask(bits, "192.0.2.9") for bits in range(7)] == [404] * 5 + [429] * 2
    assert ask(8, "192.0.2.10") == 404  # a whole proxy is not shut out for one guesser behind it


def _allow_guesses(runtime, number: int) -> None:
    with runtime.transaction() as session:
        values = {"not_found_per_minute": number}
        policies.set_policy(RatePolicy, values, session=session, at=runtime.clock.now(), actor=operator())


def test_edge_046_two_people_of_one_name_are_told_apart_by_the_code_and_by_nothing_private(client, register) -> None:
    first, second = (register.issued(shown_name="Kim Lee") for _ in range(2))
    one, other = (words(client.get(f"/c/{code}", headers=HTML).text) for code in (first, second))
    assert "Kim Lee · Collaboration" in one
    assert "Kim Lee · Collaboration" in other
    assert codes.grouped(first) in one
    assert codes.grouped(first) not in other
    assert codes.grouped(second) in other
    for text in (one, other):
        assert "@" not in text
        assert re.search(r"\bborn\b|birth", text, re.IGNORECASE) is None


def test_edge_065_the_page_says_that_an_address_was_proven_and_no_person(client, register) -> None:
    code = register.issued()
    page, french = (client.get(f"/c/{code}", headers=accepting).text for accepting in (HTML, FRENCH))
    assert "What was proven is an e-mail address." in page
    assert "which of them answered, nobody checked" in page
    assert "qu’une famille peut partager" in french


def test_edge_048_every_page_names_our_own_address_and_none_is_served_under_another(client, register, clock) -> None:
    valid, suspended, revoked = (register.issued() for _ in range(3))
    register.change(suspended, suspended_at=clock.now())
    register.revoke(revoked)
    for code in (valid, suspended, revoked):
        page = words(client.get(f"/c/{code}", headers=HTML).text)
        assert "Compare the address bar: it must begin with http://localhost/" in page
        elsewhere = client.get(f"/c/{code}", headers={**HTML, "Host": "localh0st.example"})
        assert elsewhere.status_code == 400
        assert "VALID" not in elsewhere.text
    assert "are checked at http://localhost and nowhere else" in words(client.get("/verify", headers=HTML).text)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (RevocationReason.HOLDER_REQUEST, "at the holder's request"),
        (RevocationReason.ISSUED_IN_ERROR, "it was issued in error"),
        (RevocationReason.REPLACED, "it was replaced by another"),
        (RevocationReason.KEY_COMPROMISED, "the key that signed it can no longer be trusted"),
        (RevocationReason.MISCONDUCT, "the rules of the assessment were broken"),
        (RevocationReason.ADMINISTRATIVE, "for an administrative reason"),
    ],
)
def test_every_reason_of_a_revocation_has_public_words(client, register, reason, said) -> None:
    code = register.issued()
    register.revoke(code, reason)
    assert said in html.unescape(client.get(f"/c/{code}", headers=HTML).text)


def test_the_page_works_without_cookie_script_or_index(client, register) -> None:
    code = register.issued()
    for path in (f"/c/{code}", "/verify", f"/c/{codes.code_from_bits(1)}", "/c/x"):
        answer = client.get(path, headers=HTML)
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_public_page_may_be_found_by_search_engines(client, register) -> None:
    answer = client.get(f"/c/{register.issued(Visibility.PUBLIC)}", headers=HTML)
    assert "X-Robots-Tag" not in answer.headers
    assert 'name="robots"' not in answer.text


def test_previews_never_say_valid(client, register) -> None:
    page = client.get(f"/c/{register.issued()}", headers=HTML).text
    head = page[: page.index("</head>")].lower()
    assert "og:title" in head
    assert "valid" not in head


def test_a_name_is_printed_as_text_whatever_it_holds(client, register) -> None:
    page = client.get(f"/c/{register.issued(shown_name='<script>alert(1)</script>')}", headers=HTML).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_keys_and_lists_are_open_to_every_origin_for_a_minute_at_most(client, register) -> None:
    register.issued()
    for path in ("/.well-known/did.json", "/.well-known/jwks.json", "/status/1"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    document = json.loads(client.get("/.well-known/did.json").text)
    assert document["assertionMethod"] == [JWT_KEY_ID, KEY_ID]
    published = client.get("/.well-known/jwks.json")
    assert published.mimetype == "application/jwk-set+json"
    assert [(key["kid"], key["kty"], "d" in key) for key in published.json["keys"]] == [(JWT_KEY_ID, "RSA", False)]
    assert client.get("/status/9").status_code == 404


@pytest.mark.parametrize("number", [str(2**31), "9" * 30, "9" * 5000])
def test_a_number_that_no_list_can_have_is_not_found(client, number) -> None:
    assert client.get(f"/status/{number}").status_code == 404


def test_a_readable_record_that_was_altered_is_repeated_nowhere(client, register) -> None:
    code = register.issued()
    document = json.loads(client.get(f"/c/{code}.json").text)
    for result in document["credentialSubject"]["result"]:
        result["value"] = "99.7" if result["value"] == "93.4" else result["value"]
    register.change(code, signed_document=json.dumps(document))
    page = client.get(f"/c/{code}", headers=HTML)
    assert "ALTERED" in page.text
    assert "99.7" not in page.text
    assert "99.7" not in client.post("/verify", json={"code": code}).text
    assert "99.7" not in client.get(f"/api/v1/verify/{code}").text
    assert "99.7" not in client.post("/verify/batch", data={"codes": code, "form": "csv"}).text
    for carrier in ("json", "jwt", "svg", "png", "pdf"):
        assert client.get(f"/c/{code}.{carrier}").status_code == 409


def test_a_page_drawn_before_tells_the_hour_of_this_check_and_never_an_old_verdict(client, register, clock) -> None:
    code = register.issued(shown_name="Zoë")
    first = client.get(f"/c/{code}", headers=HTML).text
    clock.advance(timedelta(minutes=5))
    second = client.get(f"/c/{code}", headers=HTML).text
    assert "Checked at 23 November 2026, 12:05 UTC" in words(second)
    assert second == first.replace("12:00:00Z", "12:05:00Z", 1) or words(second) == words(first).replace(
        "Checked at 23 November 2026, 12:00", "Checked at 23 November 2026, 12:05"
    )
    register.change(code, shown_name="Ada")
    assert "Ada" in client.get(f"/c/{code}", headers=HTML).text
    register.revoke(code)
    assert "REVOKED" in client.get(f"/c/{code}", headers=HTML).text
    register.change(code, visibility=Visibility.PRIVATE)
    assert client.get(f"/c/{code}", headers=HTML).status_code == 404


def test_a_page_drawn_for_a_reader_without_cookies_is_not_shown_to_one_who_is_signed_in(
    client, register, runtime
) -> None:
    holder = Holder(runtime, register)
    register.change(holder.code, visibility=Visibility.UNLISTED)
    assert "Sign in" in client.get(f"/c/{holder.code}", headers=HTML).text
    holder.signs_in(client)
    assert "My data" in client.get(f"/c/{holder.code}", headers=HTML).text
    stranger = client.application.test_client()
    page = stranger.get(f"/c/{holder.code}", headers=HTML).text
    assert "My data" not in page
    assert "csrf_token" not in page


def test_after_signing_out_a_browser_is_never_told_that_the_page_it_kept_is_still_right(
    client, register, runtime
) -> None:
    """On a shared computer the next reader would see the menu and the roles of the one before."""
    holder = Holder(runtime, register)
    register.change(holder.code, visibility=Visibility.UNLISTED)
    page = f"/c/{holder.code}"
    outside = client.get(page, headers=HTML)
    holder.signs_in(client)
    inside = client.get(page, headers={**HTML, "If-None-Match": outside.headers["ETag"]})
    assert (inside.status_code, inside.headers["Cache-Control"]) == (200, "no-store")
    assert "My data" in inside.text
    assert "ETag" not in inside.headers
    for_programs = client.get(page, headers={"Accept": "application/json"})
    assert "ETag" in for_programs.headers
    client.delete_cookie(client.application.config["SESSION_COOKIE_NAME"])
    again = client.get(page, headers={**HTML, "If-None-Match": outside.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")


def test_a_notice_is_shown_on_the_page_whatever_the_browser_kept(client, register) -> None:
    page = f"/c/{register.issued()}"
    kept = {**HTML, "If-None-Match": client.get(page, headers=HTML).headers["ETag"]}
    with client.session_transaction() as cookie:
        cookie["_flashes"] = [("message", "You are signed out.")]
    assert "You are signed out." in client.get(page, headers=kept).text
    assert client.get(page, headers=kept).status_code == 304


def test_nothing_is_drawn_for_a_304_and_its_headers_are_those_of_the_page(client, register) -> None:
    code = register.issued()
    page = client.get(f"/c/{code}", headers=HTML)
    again = client.get(f"/c/{code}", headers={**HTML, "If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "X-Robots-Tag", "Decile-Verdict", "Content-Security-Policy"):
        assert again.headers[name] == page.headers[name], name
