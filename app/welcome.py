"""What a new installation says of itself: where to look first, and links by which to be somebody there."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from app.accounts.make_sign_in_link import make_sign_in_link
from app.demo import queries as demo
from app.demo.cast import APPROVER, EDITOR, HOLDER, NEAR_MISS, NEWCOMER, RECRUITER, Part
from app.demo.stage import SKILL
from app.foundation.runtime import Runtime

TRY_OUT_PEOPLE = (
    ("a candidate", "candidate@try.decile.invalid", ()),
    ("a norm editor", "editor@try.decile.invalid", ("norm_editor",)),
    ("a norm approver", "approver@try.decile.invalid", ("norm_approver",)),
)


def greet(runtime: Runtime) -> None:
    """Say it, with new links each time."""
    with runtime.transaction() as session:
        if demo.is_loaded(session=session):
            _greet_with_demo(runtime, session)
        else:
            _greet_without_demo(runtime, session)


def _greet_with_demo(runtime: Runtime, session: Session) -> None:
    sights, base_url = demo.sights(session=session), runtime.settings.base_url
    certificate = f"/c/{sights.certificate_code}" if sights.certificate_code else "/verify"
    norm = f"/norms/{sights.norm_id}" if sights.norm_id else "/norms"
    pending = f"/desk/norms/{sights.pending_norm_id}" if sights.pending_norm_id else "/desk/norms"
    click.echo("Look first at:")
    click.echo(f"  a demo certificate   {base_url}{certificate}")
    click.echo(f"  the skill            {base_url}/skills/{SKILL}")
    click.echo(f"  the norm behind it   {base_url}{norm}\n")
    click.echo("Or be somebody else. Each link signs in once, within a day; staff set up a second factor first:")
    near = f"/results/{sights.near_miss_sitting}" if sights.near_miss_sitting else "/me"
    visits: tuple[tuple[Part, str], ...] = (
        (HOLDER, "/me"),
        (NEAR_MISS, near),
        (NEWCOMER, f"/skills/{SKILL}"),
        (RECRUITER, certificate),
        (EDITOR, "/desk/norms"),
        (APPROVER, pending),
    )
    for part, path in visits:
        who = f"{part.display_name}, {part.life}"
        click.echo(f"  {who:50} {_link(part.email, (), path, runtime, session)}")
    click.echo()


def _greet_without_demo(runtime: Runtime, session: Session) -> None:
    base_url = runtime.settings.base_url
    click.echo("One-time sign-in links, each good for one sign-in within a day:")
    for who, email, roles in TRY_OUT_PEOPLE:
        click.echo(f"  as {who:16} {_link(email, roles, '/', runtime, session)}")
    click.echo(f"\nLook first at {base_url}/  {base_url}/skills/{SKILL}  {base_url}/verify\n")


def _link(email: str, roles: tuple[str, ...], return_path: str, runtime: Runtime, session: Session) -> str:
    path = make_sign_in_link(
        email,
        roles=roles,
        return_path=return_path,
        session=session,
        clock=runtime.clock,
        entropy=runtime.entropy,
        links=runtime.links,
    )
    return runtime.settings.base_url + path
