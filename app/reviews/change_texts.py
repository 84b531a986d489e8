"""Letters about a change of the register, in English and French side by side. They name skill and code, no figure."""

from __future__ import annotations

from app.accounts.mail_texts import MailText
from app.reviews.models import Change

MOVED_HERE = "moved-here"  # to the account that a certificate is issued to; the other one gets `Change.MOVE`

_EN_END = """
Two people decided this together. If you think it is wrong, reply to this message and say why.

Decile
{base_url}
"""
_FR_END = """
Deux personnes l’ont décidé ensemble. Si vous pensez que c’est une erreur, répondez à ce message en disant pourquoi.

Decile
{base_url}
"""


def _en(subject: str, body: str) -> MailText:
    return MailText(subject, f"Hello,\n\n{body}{_EN_END}")


def _fr(subject: str, body: str) -> MailText:
    return MailText(subject, f"Bonjour,\n\n{body}{_FR_END}")


LETTERS = {
    Change.REVERSE.value: {
        "en": _en(
            "Your certificate is valid again",
            """\
Your certificate for {skill}, {code}, should not have been revoked. It stands again since today, under the same code,
and runs to the end it always had: {until}. Files you gave away verify again. The reason:

{reason}

For the trouble you may take the skill once more, outside waits and yearly limit, whenever you like. The public log
keeps both: that it was revoked, and that the revocation was reversed. The certificate's page is

{link}

We are sorry.
""",
        ),
        "fr": _fr(
            "Votre certificat est de nouveau valable",
            """\
Votre certificat {skill}, {code}, n’aurait pas dû être révoqué. Il est de nouveau valable depuis aujourd’hui, sous le
même code, et court jusqu’à la date qu’il a toujours eue : {until}. Les fichiers que vous avez transmis se vérifient à
nouveau. La raison :

{reason}

En compensation, vous pouvez repasser la compétence une fois, hors délais et limite annuelle, quand vous voulez. Le
journal public garde les deux : la révocation, et son annulation. La page du certificat est

{link}

Nous vous présentons nos excuses.
""",
        ),
    },
    Change.SUSPEND.value: {
        "en": _en(
            "Your certificate is under review",
            """\
Your certificate for {skill}, {code}, is under review since today. Whoever opens its page reads that, and no cause. The
reason:

{reason}

You need to do nothing. Another letter tells you what comes of it. The certificate's page is

{link}
""",
        ),
        "fr": _fr(
            "Votre certificat est en cours d’examen",
            """\
Votre certificat {skill}, {code}, est en cours d’examen depuis aujourd’hui. Quiconque ouvre sa page le lit, sans que la
cause soit indiquée. La raison :

{reason}

Vous n’avez rien à faire. Une autre lettre vous dira ce qu’il en est. La page du certificat est

{link}
""",
        ),
    },
    Change.REINSTATE.value: {
        "en": _en(
            "The review is over: your certificate stands",
            """\
The review of your certificate for {skill}, {code}, is over. It stands, until {until} as before. The reason:

{reason}

The certificate's page is

{link}
""",
        ),
        "fr": _fr(
            "L’examen est terminé : votre certificat est maintenu",
            """\
L’examen de votre certificat {skill}, {code}, est terminé. Il est maintenu, jusqu’au {until} comme avant. La raison :

{reason}

La page du certificat est

{link}
""",
        ),
    },
    Change.WITHDRAW.value: {
        "en": _en(
            "Your certificate was withdrawn",
            """\
Your certificate for {skill}, {code}, was withdrawn, and is revoked from today on. The reason:

{reason}

Whoever opens its page reads that it was revoked, since when, and why in one phrase: {public_class}. It says nothing
more, and not the reason above. Files you gave away no longer verify. Your result stays where it is. The certificate's
page is

{link}
""",
        ),
        "fr": _fr(
            "Votre certificat a été retiré",
            """\
Votre certificat {skill}, {code}, a été retiré ; il est révoqué à partir d’aujourd’hui. La raison :

{reason}

Quiconque ouvre sa page lit qu’il a été révoqué, depuis quand, et pourquoi en une phrase : {public_class}. Rien de
plus, et pas la raison ci-dessus. Les fichiers que vous avez transmis ne se vérifient plus. Votre résultat reste où il
est. La page du certificat est

{link}
""",
        ),
    },
    Change.MOVE.value: {
        "en": _en(
            "A certificate stood on your account by mistake",
            """\
The certificate for {skill}, {code}, stood on your account by mistake. It is revoked from today on, and the assessment
behind it is not counted as yours: no wait follows from it for you. The reason:

{reason}

Whoever opens its page reads that it was revoked, since when, and why in one phrase: {public_class}. It says nothing
more, and not the reason above. The page is

{link}
""",
        ),
        "fr": _fr(
            "Un certificat se trouvait sur votre compte par erreur",
            """\
Le certificat {skill}, {code}, se trouvait sur votre compte par erreur. Il est révoqué à partir d’aujourd’hui, et
l’évaluation qui le fondait n’est plus comptée comme la vôtre : aucun délai n’en découle pour vous. La raison :

{reason}

Quiconque ouvre sa page lit qu’il a été révoqué, depuis quand, et pourquoi en une phrase : {public_class}. Rien de
plus, et pas la raison ci-dessus. La page est

{link}
""",
        ),
    },
    MOVED_HERE: {
        "en": _en(
            "Your certificate moves to your account",
            """\
An assessment of {skill} that you took stood on another account. It is on yours now, with its result, and a certificate
with its own code is being issued to you. It has the term of the former one, until {until}, and waits are counted from
the day you sat. The former certificate is revoked; files of it no longer verify. The reason:

{reason}

You find it on your page, closed to others until you open it:

{link}
""",
        ),
        "fr": _fr(
            "Votre certificat rejoint votre compte",
            """\
Une évaluation {skill} que vous avez passée se trouvait sur un autre compte. Elle est maintenant sur le vôtre, avec son
résultat, et un certificat avec son propre code vous est délivré. Il a la durée de l’ancien, jusqu’au {until}, et les
délais se comptent depuis le jour où vous l’avez passée. L’ancien certificat est révoqué ; ses fichiers ne se vérifient
plus. La raison :

{reason}

Vous le trouvez sur votre page, fermé aux autres tant que vous ne l’ouvrez pas :

{link}
""",
        ),
    },
}
