"""Job: tells one person of the norm desk which alarms are new."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import PersonNotFound
from app.foundation.mail import Mailer, Message
from app.monitoring import queries
from app.monitoring.models import AlarmKind

KINDS = {
    "en": {
        AlarmKind.SHARE: "share above the line outside what chance explains",
        AlarmKind.LEAK: "answered better than it was: it may be known outside",
        AlarmKind.EXPOSURE: "shown in more sittings than the cap allows",
        AlarmKind.PACE: "answered much faster than it was",
        AlarmKind.FORMATS: "judgement and self-report disagree more often than expected",
        AlarmKind.AGE: "items in use for long, or shown to many",
        AlarmKind.RESULTS: "results that do not come out again from their pins",
    },
    "fr": {
        AlarmKind.SHARE: "part au-dessus du seuil hors de ce que le hasard explique",
        AlarmKind.LEAK: "mieux réussi qu’avant : il est peut-être connu au-dehors",
        AlarmKind.EXPOSURE: "montré dans plus de passations que le plafond ne permet",
        AlarmKind.PACE: "répondu bien plus vite qu’avant",
        AlarmKind.FORMATS: "jugement et autoévaluation en désaccord plus souvent que prévu",
        AlarmKind.AGE: "des items en service depuis longtemps, ou montrés à beaucoup de gens",
        AlarmKind.RESULTS: "des résultats qui ne se retrouvent pas à partir de leurs données",
    },
}
TEXT = {
    "en": (
        "New alarms at the norm desk: {count}",
        """\
Hello,

The nightly watch of the norms in force has raised alarms:

{lines}

Each stays on the desk until a person closes it with a reason:

{base_url}/desk/alarms

Decile
{base_url}
""",
    ),
    "fr": (
        "Nouvelles alertes au bureau des normes : {count}",
        """\
Bonjour,

La surveillance nocturne des normes en vigueur a déclenché des alertes :

{lines}

Chacune reste affichée jusqu’à ce qu’une personne la ferme en disant pourquoi :

{base_url}/desk/alarms

Decile
{base_url}
""",
    ),
}


def send_alarm_mail(
    person_id: UUID, alarm_ids: Sequence[UUID], *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it; the key names alarm and person, so that a retry is the same message. Who has left is not told."""
    try:
        person = accounts.person(person_id, session=session)
    except PersonNotFound:
        return
    found = [queries.alarm(alarm_id, session=session) for alarm_id in alarm_ids]
    lines = "\n".join(
        f"- {alarm.norm_label}, {alarm.period}: {f'{alarm.subject} ' if alarm.subject else ''}"
        f"{KINDS[person.language][alarm.kind]}"
        for alarm in found
    )
    subject, text = TEXT[person.language]
    mailer.send(
        Message(
            person.email,
            subject.format(count=len(found)),
            text.format(lines=lines, base_url=base_url),
            key=f"alarms:{found[0].id}:{person.id}",
        )
    )
