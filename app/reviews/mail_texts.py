"""Letters about a case, in English and French side by side. They name the skill and the case, never the result."""

from __future__ import annotations

from app.accounts.mail_texts import MailText
from app.reviews.models import Outcome

OPENED = {
    "en": MailText(
        "A person will look at your result",
        """\
Hello,

You asked that a person looks at your result in {skill}. Your question has arrived.

Somebody who does not know your name looks at it and answers with reasons, by {due_on} at the latest. Until then your
result stays as it is. You may follow the case, or take the question back, here:

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Une personne va examiner votre résultat",
        """\
Bonjour,

Vous avez demandé qu’une personne examine votre résultat en {skill}. Votre demande est arrivée.

Quelqu’un qui ne connaît pas votre nom l’examine et répond en donnant ses raisons, au plus tard le {due_on}. D’ici là,
votre résultat reste tel quel. Vous pouvez suivre le dossier, ou retirer la demande, ici :

{link}

Decile
{base_url}
""",
    ),
}

DECIDED = {
    "en": MailText(
        "Your result was looked at by a person",
        """\
Hello,

A person has looked at your result in {skill}.

{outcome}

The reasons, in the reviewer's own words:

{explanation}

Everything stands here:

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Une personne a examiné votre résultat",
        """\
Bonjour,

Une personne a examiné votre résultat en {skill}.

{outcome}

Les raisons, dans les mots de la personne qui a décidé :

{explanation}

Tout se trouve ici :

{link}

Decile
{base_url}
""",
    ),
}

OUTCOMES = {
    "en": {
        Outcome.CONFIRM: "Your result stands. Where a certificate was waiting for this decision, it is issued now.",
        Outcome.ANNUL: (
            "This sitting is annulled: it counts for nothing and no wait follows from it. A certificate that rested "
            "on it is revoked. You may take the skill again."
        ),
        Outcome.RESIT: "You may take the skill once more now, outside waits and yearly limit. Your result stands.",
        Outcome.RESCORE: "Your result was computed again from your answers as they were kept.",
    },
    "fr": {
        Outcome.CONFIRM: "Votre résultat est maintenu. Si un certificat attendait cette décision, il est délivré.",
        Outcome.ANNUL: (
            "Cette évaluation est annulée : elle ne compte pas et n’entraîne aucun délai. Un certificat qui reposait "
            "sur elle est révoqué. Vous pouvez repasser la compétence."
        ),
        Outcome.RESIT: (
            "Vous pouvez repasser la compétence une fois dès maintenant, hors délais et limite annuelle. Votre "
            "résultat est maintenu."
        ),
        Outcome.RESCORE: "Votre résultat a été recalculé à partir de vos réponses telles qu’elles ont été gardées.",
    },
}

REPLAYED = {
    "en": {
        True: "Everything came out again, so your result stands.",
        False: (
            "Something came out differently. That is a fault of ours: the sitting is annulled, a certificate that "
            "rested on it is revoked, and you may take the skill once more now, outside waits and yearly limit."
        ),
    },
    "fr": {
        True: "Tout est ressorti à l’identique : votre résultat est maintenu.",
        False: (
            "Quelque chose est ressorti différemment. C’est une erreur de notre part : l’évaluation est annulée, un "
            "certificat qui reposait sur elle est révoqué, et vous pouvez repasser la compétence une fois dès "
            "maintenant, hors délais et limite annuelle."
        ),
    },
}
