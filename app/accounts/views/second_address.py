"""A second address for copies of messages: named under one's own data, agreed to in its mailbox, and taken back."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.errors import EmailInvalid, SameMailbox, TooManyMessages
from app.accounts.name_second_address import name_second_address
from app.accounts.prove_second_address import prove_second_address
from app.accounts.remove_second_address import remove_second_address
from app.accounts.second_addresses import address_of_link, second_address_of
from app.accounts.views.blueprint import bp
from app.accounts.views.second_factor import own_id
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form

Answer = str | Response | tuple[str, int]


@bp.get("/account/second-address")
@require_signed_in
def second_address() -> str:
    """The address that was named, or the form for one."""
    return _page(typed=typed_form().get("email", ""))


@bp.post("/account/second-address")
@require_signed_in
@limiter.limit(rate("sign_in_requests_per_hour", "hour"))
@asks_for_proof("accounts.second_address", keeps=("email",))
def add_second_address() -> Answer:
    """Name one; its mailbox is asked."""
    here, typed = runtime(), request.form.get("email", "")
    try:
        with here.transaction() as session:
            name_second_address(
                own_id(),
                typed,
                session=session,
                clock=here.clock,
                jobs=here.jobs,
                links=here.links,
                actor=actor(),
            )
    except (EmailInvalid, SameMailbox, TooManyMessages) as refusal:
        return _page(error=_words_for(refusal), typed=typed), 422
    return redirect(url_for(".second_address"), 303)


@bp.post("/account/second-address/remove")
@require_signed_in
def take_second_address_back() -> Response:
    """No copies any more."""
    with runtime().transaction() as session:
        remove_second_address(own_id(), session=session, clock=runtime().clock, actor=actor())
    notice(_("Nothing more is sent to that address."))
    return redirect(url_for(".second_address"), 303)


@bp.get("/second-address/<token>")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def agree_page(token: str) -> str:
    """Ask whoever opened the link: programs that look at links in mails must not agree to anything."""
    here = runtime()
    with here.reading() as session:
        second = address_of_link(token, links=here.links, session=session, at=here.clock.now())
    return render_template("accounts/second_address_link.html", token=token, second=second)


@bp.post("/second-address/<token>")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def agree(token: str) -> Response:
    """Send copies from now on."""
    here = runtime()
    with here.transaction() as session:
        prove_second_address(token, session=session, clock=here.clock, jobs=here.jobs, links=here.links)
    return redirect(url_for(".agree_page", token=token), 303)


def _words_for(refusal: Exception) -> str:
    match refusal:
        case EmailInvalid():
            words = _("This is not an e-mail address we can write to. Check it: it looks like name@example.org.")
        case SameMailbox():
            words = _("This is the mailbox we write to already. Name another one.")
        case _:
            words = _("You named many addresses within one hour. Come back in an hour.")
    return str(words)


def _page(error: str | None = None, typed: str = "") -> str:
    now = runtime().clock.now()
    with runtime().reading() as session:
        return render_template(
            "accounts/second_address.html",
            second=second_address_of(own_id(), session=session),
            hours=queries.policy(session=session, at=now).second_address_link_hours,
            error=error,
            typed=typed,
        )
