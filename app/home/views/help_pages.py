"""How to read a certificate, what the claim means, what we keep of you, and how accessible these pages are."""

from __future__ import annotations

from email.utils import parseaddr

from flask import render_template

from app.accounts import queries as accounts
from app.assessment import queries as sittings
from app.foundation.web.process import runtime
from app.home.example import example_of_a_norm
from app.home.views.blueprint import bp


@bp.get("/help")
def help_index() -> str:
    """Where each question is answered."""
    return render_template("help/index.html")


@bp.get("/help/certificate")
def help_certificate() -> str:
    """How to read a certificate, line by line."""
    return render_template("help/certificate.html")


@bp.get("/help/top-10-percent")
def help_top_ten() -> str:
    """What "top 10 %" means here, and what it does not mean."""
    return render_template("help/top_ten.html", example=example_of_a_norm())


@bp.get("/help/terms")
def help_terms() -> str:
    """What readers of certificates keep to, and where to say that one did not."""
    return render_template("help/terms.html", address=parseaddr(runtime().settings.mail_sender)[1])


@bp.get("/privacy")
def privacy() -> str:
    """What is kept, why, for how long, and what you may do about it."""
    with runtime().reading() as session:
        now = runtime().clock.now()
        return render_template(
            "help/privacy.html",
            sender=runtime().settings.mail_sender,
            policy=sittings.sitting_policy(session=session, at=now),
            response_months=sittings.retention_policy(session=session, at=now).response_months,
            letters_kept_days=accounts.policy(session=session, at=now).letters_kept_days,
            erased_people_days=accounts.policy(session=session, at=now).erased_people_days,
        )


@bp.get("/accessibility")
def accessibility() -> str:
    """What was checked, how, and what to do when something is in the way."""
    with runtime().reading() as session:
        policy = sittings.sitting_policy(session=session, at=runtime().clock.now())
    return render_template(
        "help/accessibility.html", sender=runtime().settings.mail_sender, resume_days=policy.resume_days
    )
