"""What a new installation says of itself: where to look first, and links by which to be somebody there."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from app.accounts.make_sign_in_link import make_sign_in_link
from app.demo import queries as demo
from app.demo.cast import APPROVER, EDITOR, HOLDER, NEAR_MISS, NEWCOMER, Part
from app.demo.stage import SKILL
from app.foundation.runtime import Runtime

TRY_OUT_PEOPLE = (
    ("a candidate", "candidate@try.decile.invalid", ()),
    ("a norm editor", "editor@try.decile.invalid", ("norm_editor",)),
    ("a norm approver", "approver@try.decile.invalid", ("norm_approver",)),
)


def greet(runtime: Runtime) -> None:
    """Say it, with new links each time; once they are kept, for whoever follows one at once must be let in."""
    with runtime.transaction() as session:
        words = _with_demo if demo.is_loaded(session=session) else _without_demo
        lines = words(runtime, session)
    click.echo("\n".join(lines))


def _with_demo(runtime: Runtime, session: Session) -> list[str]:
    sights, base_url = demo.sights(session=session), runtime.settings.base_url
    certificate = f"/c/{sights.certificate_code}" if sights.certificate_code else "/verify"
    norm = f"/norms/{sights.norm_id}" if sights.norm_id else "/norms"
    pending = f"/desk/norms/{sights.pending_norm_id}" if sights.pending_norm_id else "/desk/norms"
    near = f"/results/{sights.near_miss_sitting}" if sights.near_miss_sitting else "/me"
    visits: tuple[tuple[Part, str], ...] = (
        (HOLDER, "/me"),
        (NEAR_MISS, near),
        (NEWCOMER, f"/skills/{SKILL}"),
        (EDITOR, "/desk/norms"),
        (APPROVER, pending),
    )
    links = [
        f"  {f'{part.display_name}, {part.life}':50} {part.email:29} {_link(part.email, (), path, runtime, session)}"
        for part, path in visits
    ]
    return [
        "Look first at:",
        f"  a demo certificate   {base_url}{certificate}",
        f"  the skill            {base_url}/skills/{SKILL}",
        f"  the norm behind it   {base_url}{norm}\n",
        "Or be somebody else. Each link signs in once, within a day; staff set up a second factor first:",
        *links,
        "",
    ]


def _without_demo(runtime: Runtime, session: Session) -> list[str]:
    base_url = runtime.settings.base_url
    links = [
        f"  as {who:16} {email:28} {_link(email, roles, '/', runtime, session)}" for who, email, roles in TRY_OUT_PEOPLE
    ]
    return [
        "One-time sign-in links, each good for one sign-in within a day:",
        *links,
        f"\nLook first at {base_url}/  {base_url}/skills/{SKILL}  {base_url}/verify\n",
    ]


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
