"""Letters about a question that was faulty, in English and French side by side. They name the skill, never a figure."""

from __future__ import annotations

from app.accounts.mail_texts import MailText
from app.reviews.rescoring_preview import Effect

UNDONE = "undone"

CORRECTED = {
    "en": MailText(
        "Your result was computed again without a faulty question",
        """\
Hello,

A question of {skill} turned out to be faulty. Your result was computed again from your other answers. Two people have
decided this; no answer of yours was at fault.

{effect}

The result as it stands, with its figures:

{link}

If you think this is wrong, you can ask there that a person looks at it. Should we find within {days} days that the
question was in order after all, the former result stands again, and we write to you.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre résultat a été recalculé sans une question défectueuse",
        """\
Bonjour,

Une question de {skill} s’est révélée défectueuse. Votre résultat a été recalculé à partir de vos autres réponses. Deux
personnes l’ont décidé ; aucune de vos réponses n’est en cause.

{effect}

Le résultat tel qu’il est maintenant, avec ses chiffres :

{link}

Si vous pensez que c’est une erreur, vous pouvez y demander qu’une personne l’examine. Si nous constatons dans les
{days} jours que la question était finalement correcte, l’ancien résultat vaut de nouveau, et nous vous écrivons.

Decile
{base_url}
""",
    ),
}

TAKEN_BACK = {
    "en": MailText(
        "Your former result stands again",
        """\
Hello,

We wrote to you that your result in {skill} was computed again without a question. The question was in order after all.
Your result is again the one you had before, in every figure:

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre ancien résultat vaut de nouveau",
        """\
Bonjour,

Nous vous avons écrit que votre résultat en {skill} avait été recalculé sans une question. Elle était finalement
correcte. Votre résultat est de nouveau celui que vous aviez, jusqu’au dernier chiffre :

{link}

Decile
{base_url}
""",
    ),
}

EFFECTS = {
    "en": {
        Effect.KEEPS: "The decision is the same: your certificate stands.",
        Effect.LOSES: (
            "Without the question the result would not have earned the certificate. It was issued in good faith: it "
            "is not revoked and runs to its end. In {days} days you may also take the skill once more, outside waits "
            "and yearly limit."
        ),
        Effect.GAINS: (
            "Without the question the refusal does not stand. In {days} days the decision is made again, and where it "
            "is an award, your certificate is issued by itself."
        ),
        Effect.NONE: (
            "This changes no decision. One that is still to be made is made in {days} days at the earliest, on the "
            "result as it then is."
        ),
    },
    "fr": {
        Effect.KEEPS: "La décision est la même : votre certificat est maintenu.",
        Effect.LOSES: (
            "Sans cette question, le résultat n’aurait pas donné droit au certificat. Il a été délivré de bonne foi : "
            "il n’est pas révoqué et court jusqu’à son terme. Dans {days} jours, vous pourrez aussi repasser la "
            "compétence une fois, hors délais et limite annuelle."
        ),
        Effect.GAINS: (
            "Sans cette question, le refus ne tient plus. Dans {days} jours, la décision est prise de nouveau, et si "
            "elle est favorable, votre certificat est délivré de lui-même."
        ),
        Effect.NONE: (
            "Cela ne change aucune décision. Si une décision doit encore être prise, elle l’est dans {days} jours au "
            "plus tôt, d’après le résultat tel qu’il est alors."
        ),
    },
}
