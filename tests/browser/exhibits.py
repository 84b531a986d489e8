"""What hangs in the exhibition: every page a visitor can reach, in each of its states."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page

from tests.browser.exhibition import Exhibit, Exhibition, unknown_code

NO_REQUEST = UUID(int=0)
SUBMIT_UNCHECKED = """(form) => { form.noValidate = true; form.requestSubmit(form.querySelector("button")); }"""
TYPING_ERROR = "7Q4FXK2M9TBDW3HN0"


def exhibits(house: Exhibition) -> list[Exhibit]:
    """All of them."""
    return [
        *_open_to_all(house),
        *_verdicts(house),
        *_signing_in(house),
        *_candidate(house),
        *_judging(house),
        *_staff(house),
    ]


def _open_to_all(house: Exhibition) -> list[Exhibit]:
    return [
        Exhibit("front", "/"),
        Exhibit("front-candidate", "/", "holder"),
        Exhibit("front-editor", "/", "editor"),
        Exhibit("keys", "/keys"),
        Exhibit("skills", "/skills"),
        Exhibit("skill", "/skills/collaboration"),
        Exhibit("skill-closed", "/skills/creative_problem_solving"),
        Exhibit("development", "/skills/collaboration/development?level=around"),
        Exhibit("development-unwritten", "/skills/creative_problem_solving/development"),
        *(Exhibit(f"practice-{number}", f"/practice/{number}") for number in (1, 2, 3)),
        Exhibit("practice-unanswered", "/practice/3", act=_press_unchecked),
        Exhibit("practised", "/practice/done"),
        Exhibit("achievement", "/achievements/collaboration"),
        Exhibit("norms", "/norms"),
        Exhibit("norm", f"/norms/{house.norms['collaboration']}"),
        Exhibit("norm-demo", f"/norms/{house.norms['published']}"),
        Exhibit("design", "/design"),
        Exhibit("design-plots", "/design/plots"),
        Exhibit("help", "/help"),
        Exhibit("help-certificate", "/help/certificate"),
        Exhibit("help-top-ten", "/help/top-10-percent"),
        Exhibit("help-terms", "/help/terms"),
        Exhibit("privacy", "/privacy"),
        Exhibit("accessibility", "/accessibility"),
        Exhibit("error-404", "/nowhere"),
        Exhibit("api-docs", "/docs"),
        Exhibit("api-problem", "/problems/credential-not-found"),
    ]


def _verdicts(house: Exhibition) -> list[Exhibit]:
    shown = [name for name in house.certificates if name != "own"]
    return [
        Exhibit("verify", "/verify"),
        Exhibit("verify-typing-error", "/verify", act=lambda page: _verify(page, TYPING_ERROR)),
        Exhibit("verify-batch", "/verify/batch"),
        Exhibit("verify-batch-checked", "/verify/batch", act=lambda page: _check_list(page, house)),
        Exhibit("verify-batch-empty", "/verify/batch", act=_press_unchecked),
        *(Exhibit(f"verdict-{name}", f"/c/{house.certificates[name]}") for name in shown),
        Exhibit("verdict-valid-candidate", f"/c/{house.certificates['valid']}", "holder"),
        Exhibit("verdict-valid-editor", f"/c/{house.certificates['valid']}", "editor"),
        Exhibit("verdict-erased", f"/c/{house.erased['revoke']}"),
        Exhibit("verdict-erased-running", f"/c/{house.erased['keep']}"),
        Exhibit("verdict-shared", house.share_of_own()),
        *(Exhibit(f"receipt-{name}", f"/c/{house.certificates[name]}/receipt") for name in ("valid", "revoked")),
        Exhibit("ask", f"/c/{house.certificates['valid']}/ask"),
        Exhibit("asked", f"/c/{house.certificates['valid']}/ask", act=_press),
        Exhibit("verdict-unknown", f"/c/{unknown_code()}"),
        Exhibit("verdict-typing-error", f"/c/{TYPING_ERROR}"),
    ]


def _signing_in(house: Exhibition) -> list[Exhibit]:
    return [
        Exhibit("sign-in", "/sign-in"),
        Exhibit("sign-in-other", "/sign-in", "holder"),
        Exhibit("sign-in-wrong", "/sign-in", act=lambda page: _fill(page, "email", "nobody")),
        Exhibit("code", "/sign-in", act=lambda page: _fill(page, "email", "somebody@example.org")),
        Exhibit("code-wrong", "/sign-in", act=_ask_and_mistype),
        Exhibit("confirm-elsewhere", house.mailed_link("elsewhere@example.org")),
        Exhibit("confirm", house.operator_link("join@example.org")),
        Exhibit("confirm-passed-on", house.operator_link("join@example.org"), "newcomer"),
        Exhibit("join", house.operator_link("join@example.org"), act=_press),
        Exhibit("join-unanswered", house.operator_link("join@example.org"), act=_join_unanswered),
        Exhibit("adults-only", house.operator_link("young@example.org"), act=_too_young),
        Exhibit("reminders", house.stop_link()),
        Exhibit("reminders-stopped", house.stop_link(), act=_press),
        Exhibit("second-address-ask", house.agree_link("statement")),
        Exhibit("second-address-agreed", house.agree_link("holder")),
        Exhibit("spent", "/sign-in/link?token=torn"),
    ]


def _candidate(house: Exhibition) -> list[Exhibit]:
    sat = house.sittings
    return [
        Exhibit("start", "/skills/collaboration/start", "newcomer"),
        Exhibit("start-unticked", "/skills/collaboration/start", "newcomer", act=_press_unchecked),
        Exhibit("start-open", "/skills/collaboration/start", "statement"),
        Exhibit("start-too-soon", "/skills/collaboration/start", "ordinary"),
        Exhibit("statement", f"/sittings/{sat['statement']}", "statement"),
        Exhibit("statement-reporting", f"/sittings/{sat['statement']}", "statement", act=_open_report),
        Exhibit("statement-adjusting", f"/sittings/{sat['statement']}", "statement", act=_open_adjustments),
        Exhibit("statement-keys", f"/sittings/{sat['statement']}", "statement", act=_open_keys),
        Exhibit("move", f"/sittings/{sat['statement']}", "statement", act=_move),
        Exhibit("moved-not-yet", f"/sittings/{sat['statement']}/moved/{NO_REQUEST}", "statement"),
        Exhibit("statement-unanswered", f"/sittings/{sat['statement']}", "statement", act=_press_unchecked),
        Exhibit("scenario", f"/sittings/{sat['scenario']}", "scenario"),
        Exhibit("leave", f"/sittings/{sat['statement']}/leave", "statement"),
        Exhibit("done", f"/sittings/{sat['awaiting']}/done", "awaiting"),
        Exhibit("done-left", f"/sittings/{sat['leaver']}/done", "leaver"),
        Exhibit("closed", f"/sittings/{sat['closer']}", "closer", act=lambda page: _answer_too_late(page, house)),
        Exhibit("expired", f"/sittings/{sat['sleeper']}", "sleeper"),
        Exhibit("result-awaited", f"/results/{sat['awaiting']}", "awaiting"),
        Exhibit("result-without-norm", f"/results/{sat['founder']}", "founder"),
        Exhibit("result-waiting", f"/results/{sat['waiting']}", "waiting"),
        Exhibit("result-awarded", f"/results/{sat['holder']}", "holder"),
        Exhibit("result-not-awarded", f"/results/{sat['ordinary']}", "ordinary"),
        Exhibit("result-held", f"/results/{sat['apart']}", "apart"),
        Exhibit("result-left", f"/results/{sat['leaver']}", "leaver"),
        Exhibit("ask-a-person", f"/results/{sat['second']}/review", "second"),
        Exhibit("case-waiting", f"/results/{sat['ordinary']}/review", "ordinary"),
        Exhibit("case-overdue", f"/results/{sat['apart']}/review", "apart"),
        Exhibit("case-decided", f"/results/{sat['holder']}/review", "holder"),
        Exhibit("own-place", "/me", "holder"),
        Exhibit("own-place-empty", "/me", "newcomer"),
        Exhibit("own-place-open", "/me", "statement"),
        Exhibit("messages", "/me/messages", "holder"),
        Exhibit("messages-empty", "/me/messages", "newcomer"),
        Exhibit("timeline", "/me/timeline", "holder"),
        Exhibit("timeline-empty", "/me/timeline", "newcomer"),
        Exhibit("export", "/me/export", "holder"),
        Exhibit("erase", "/me/erase", "holder"),
        Exhibit("erase-none-live", "/me/erase", "newcomer"),
        Exhibit("erase-unchosen", "/me/erase", "newcomer", act=_press_unchecked),
        Exhibit("erase-case-open", "/me/erase", "ordinary"),
        Exhibit("own-certificate", f"/credentials/{house.certificates['own']}", "holder"),
        Exhibit("own-certificate-suspended", f"/credentials/{house.certificates['suspended']}", "suspended"),
        Exhibit("own-shares", f"/credentials/{house.certificates['own']}/shares", "holder", act=_make_share),
        Exhibit("own-shares-refused", f"/credentials/{house.certificates['own']}/shares", "holder", act=_press_last),
        Exhibit("confirm-control", house.question_to_holder(), "holder"),
        Exhibit("account", "/account", "holder"),
        Exhibit("account-newcomer", "/account", "newcomer"),
        Exhibit("second-address", "/account/second-address", "holder"),
        Exhibit("second-address-unfit", "/account/second-address", "newcomer", act=_press_unchecked),
        Exhibit("second-address-asked", "/account/second-address", "statement"),
        Exhibit("tokens", "/account/tokens", "holder"),
        Exhibit("passkey-new", "/account/passkeys/new", "holder"),
        Exhibit("account-passkeys", "/account", "keyholder"),
        Exhibit("prove", "/prove?next=/account", "keyholder"),
        Exhibit("error-404-own", f"/results/{sat['ordinary']}", "holder"),
        Exhibit("error-403", "/desk/norms", "holder"),
    ]


def _judging(house: Exhibition) -> list[Exhibit]:
    links = {name: f"/judge/{token}" for name, token in house.judges.items()}
    return [
        Exhibit("judge-new", links["new"]),
        Exhibit("judge-undeclared", links["new"], act=_press_unchecked),
        Exhibit("judge-rating", links["rating"]),
        Exhibit("judge-scenario", f"{links['rating']}/1"),
        Exhibit("judge-scenario-unrated", f"{links['rating']}/1", act=_press_unchecked),
        Exhibit("judge-signed", links["signed"]),
    ]


def _staff(house: Exhibition) -> list[Exhibit]:
    cards = ("draft", "previewed", "approved", "scheduled", "published")
    return [
        Exhibit("norm-desk", "/desk/norms", "editor"),
        *(Exhibit(f"norm-card-{state}", f"/desk/norms/{house.norms[state]}", "editor") for state in cards),
        Exhibit("alarms", "/desk/alarms", "editor"),
        Exhibit("cases", "/desk/cases", "reviewer"),
        Exhibit("case", f"/desk/cases/{house.cases['ordinary']}", "reviewer"),
        Exhibit("case-held", f"/desk/cases/{house.cases['apart']}", "reviewer"),
        Exhibit("case-closed", f"/desk/cases/{house.cases['holder']}", "reviewer"),
        Exhibit("register", "/desk/register", "reviewer"),
        Exhibit("register-norm", f"/desk/register/norms/{house.norms['collaboration']}", "reviewer"),
        Exhibit("register-norm-editor", f"/desk/register/norms/{house.norms['published']}", "editor"),
        Exhibit("register-incomplete", "/desk/register", "reviewer", act=_press_unchecked),
        Exhibit("register-change-open", f"/desk/register/{house.changes['revoked']}", "reviewer"),
        Exhibit("register-change-applied", f"/desk/register/{house.changes['valid']}", "reviewer"),
        Exhibit("merges", "/desk/merges", "reviewer"),
        Exhibit("merges-incomplete", "/desk/merges", "reviewer", act=_press_unchecked),
        *(Exhibit(f"merge-{name}", f"/desk/merges/{one}", "reviewer") for name, one in house.merges.items()),
        Exhibit("certificates", "/desk/certificates", "reviewer"),
        Exhibit("certificates-unticked", "/desk/certificates", "reviewer", act=_press_unchecked),
        *(
            Exhibit(f"certificate-{name}", f"/desk/certificates/{one}", "reviewer")
            for name, one in house.withdrawn.items()
        ),
        Exhibit(
            "certificate-unchosen", f"/desk/certificates/{house.withdrawn['own']}", "reviewer", act=_press_unchecked
        ),
        Exhibit("item-desk", "/desk/items?skill=collaboration&state=active", "editor"),
        Exhibit("item-desk-none", "/desk/items?skill=collaboration&state=published", "editor"),
        Exhibit("item-scenario", f"/desk/items/{house.items['col-j01']}", "editor"),
        Exhibit("item-statement", f"/desk/items/{house.items['col-s07']}", "editor"),
        Exhibit("item-reported", f"/desk/items/{house.items['reported']}", "editor"),
        Exhibit("item-rescoring-waits", f"/desk/items/{house.items['col-j03']}", "editor"),
        Exhibit("item-suspension", f"/desk/items/{house.items['col-j01']}/suspension", "editor"),
        *(
            Exhibit(f"rescoring-{state}", f"/desk/items/{house.items[code]}/rescoring", "editor")
            for state, code in (
                ("in-use", "col-j01"),
                ("preview", "col-j02"),
                ("asked", "col-j03"),
                ("applied", "col-j04"),
            )
        ),
        Exhibit("norm-card-compared", f"/desk/norms/{house.norms['collaboration']}", "editor"),
        Exhibit("norm-preview", f"/desk/norms/{house.norms['previewed']}/preview", "editor"),
        Exhibit("norm-choose-data", "/desk/norms/recalibrate/patience-trial", "editor"),
        *(
            Exhibit(f"norm-recalibration-{name}", f"/desk/norms/recalibrations/{one}?still=1", "editor")
            for name, one in house.recalibrations.items()
        ),
        Exhibit("norm-card-rollback", f"/desk/norms/{house.norms['published']}", "editor", act=_ask_for_rollback),
        Exhibit("key-desk", "/desk/keys", "editor"),
        Exhibit("panel", f"/desk/keys/{house.panel_id}", "editor"),
        Exhibit("founding-desk", "/desk/founding", "editor"),
        Exhibit("founding-skill", "/desk/founding/collaboration", "editor"),
        Exhibit("founding-skill-closed", "/desk/founding/creative_problem_solving", "editor"),
        Exhibit("account-editor", "/account", "editor"),
        Exhibit("checks", "/desk/checks", "reviewer"),
        Exhibit("check-waiting", f"/desk/checks/{house.sittings['apart']}", "reviewer"),
        Exhibit("check-decided", f"/desk/checks/{house.sittings['ordinary']}", "reviewer"),
        Exhibit("second-factor-absent", "/second-factor", "fresh editor"),
        Exhibit("second-factor-enrolled", "/second-factor", "fresh editor", act=_enrol),
        Exhibit("second-factor-wrong", "/second-factor", "fresh editor", act=_mistype),
        Exhibit("recovery-codes", "/second-factor", "fresh editor", act=lambda page: _confirm_factor(page, house)),
        Exhibit("second-factor-asked", "/second-factor", "fresh editor"),
        Exhibit("second-factor-passkey", "/second-factor", "key editor"),
    ]


def _press(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button").first.click()


def _ask_for_rollback(page: Page) -> None:
    button = page.locator("form[action$='/rollback'] button")
    if button.count():
        with page.expect_navigation():
            button.click()


def _enrol(page: Page) -> None:
    with page.expect_navigation():
        page.locator("form[action$='/second-factor/enrol'] button").click()


def _press_unchecked(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form").first.evaluate(SUBMIT_UNCHECKED)


def _open_adjustments(page: Page) -> None:
    page.locator("#adjustments summary").click()


def _open_keys(page: Page) -> None:
    page.keyboard.press("?")


def _move(page: Page) -> None:
    page.locator("#other-device summary").click()
    with page.expect_navigation():
        page.locator("#other-device button").click()


def _open_report(page: Page) -> None:
    page.locator("#reporting summary").click()


def _fill(page: Page, field: str, value: str) -> None:
    page.locator(f"main [name={field}]").fill(value)
    _press(page)


def _verify(page: Page, code: str) -> None:
    _fill(page, "code", code)


def _make_share(page: Page) -> None:
    page.locator("main [name=made_for]").fill("Acme, Ms Ngo")
    _press_last(page)


def _press_last(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button").last.click()


def _check_list(page: Page, house: Exhibition) -> None:
    shown = [code for name, code in house.certificates.items() if name != "own"]
    _fill(page, "codes", "\n".join([*shown, TYPING_ERROR, unknown_code()]))


def _ask_and_mistype(page: Page) -> None:
    _fill(page, "email", "somebody@example.org")
    _fill(page, "code", "00000")


def _join_unanswered(page: Page) -> None:
    _press(page)
    _press(page)


def _mistype(page: Page) -> None:
    _fill(page, "code", "000000")


def _too_young(page: Page) -> None:
    _press(page)
    page.locator("[name=adult][value=no]").check()
    page.locator("[name=language]").first.check()
    _press(page)


def _answer_too_late(page: Page, house: Exhibition) -> None:
    house.leave("closer")
    _press_unchecked(page)


def _confirm_factor(page: Page, house: Exhibition) -> None:
    _fill(page, "code", house.authenticator_shows(page))
