"""The reminder of an expiry, in English and French side by side. It names the day, so it is true on any day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReminderText:
    """Subjects before and after the end, and the body; `{names}` are filled in."""

    before: str
    after: str
    body: str


REMINDER = {
    "en": ReminderText(
        "Your certificate for {skill} expires on {day}",
        "Your certificate for {skill} expired on {day}",
        """\
Hello,

Your certificate for {skill} is valid until {time} UTC. Its page is

{base_url}/credentials/{code}

To earn a new one, take the assessment again; it is free. The new certificate gets its own number and its own year,
this one runs to its own end, and its page then says that a newer one exists:

{base_url}/skills/{slug}/start

If you do nothing, the page goes on saying that the certificate was valid until that day.

No more reminders: {unsubscribe}

Decile
{base_url}
""",
    ),
    "fr": ReminderText(
        "Votre certificat {skill} expire le {day}",
        "Votre certificat {skill} a expiré le {day}",
        """\
Bonjour,

Votre certificat {skill} est valable jusqu’au {time} UTC. Sa page est

{base_url}/credentials/{code}

Pour en obtenir un nouveau, repassez l’évaluation ; elle est gratuite. Le nouveau certificat a son propre numéro et sa
propre année, celui-ci va jusqu’à son terme, et sa page dit alors qu’il en existe un plus récent :

{base_url}/skills/{slug}/start

Si vous ne faites rien, la page continue de dire que le certificat était valable jusqu’à ce jour.

Ne plus recevoir de rappels : {unsubscribe}

Decile
{base_url}
""",
    ),
}
