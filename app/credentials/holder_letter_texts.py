"""Letters about a certificate in doubt, in English and French side by side. They name skill and code, no figure."""

from __future__ import annotations

from app.accounts.mail_texts import MailText
from app.credentials.holder_letters import Occasion
from app.credentials.states import RevocationReason

REASONS = {
    "en": {
        RevocationReason.HOLDER_REQUEST: "you asked for it.",
        RevocationReason.ISSUED_IN_ERROR: "it had been issued in error. The error is ours.",
        RevocationReason.REPLACED: "it was replaced by another one.",
        RevocationReason.KEY_COMPROMISED: "the key that had signed it was in other hands.",
        RevocationReason.MISCONDUCT: "the rules of the assessment were broken.",
        RevocationReason.ADMINISTRATIVE: "the register had to be put right.",
    },
    "fr": {
        RevocationReason.HOLDER_REQUEST: "vous l’avez demandé.",
        RevocationReason.ISSUED_IN_ERROR: "il avait été délivré par erreur. L’erreur vient de nous.",
        RevocationReason.REPLACED: "il a été remplacé par un autre.",
        RevocationReason.KEY_COMPROMISED: "la clé qui l’avait signé était tombée en d’autres mains.",
        RevocationReason.MISCONDUCT: "les règles de l’évaluation n’ont pas été respectées.",
        RevocationReason.ADMINISTRATIVE: "le registre devait être rectifié.",
    },
}

_REVOKED = {
    "en": MailText(
        "Your certificate was revoked",
        """\
Hello,

Your certificate for {skill}, {code}, was revoked: {because}

Whoever opens its page reads that it was revoked, since when, and this reason in one phrase: {public_class}.
It says nothing more. Files you gave away no longer verify. Your result stays where it is. The certificate's page is

{link}

If you think this is a mistake, reply to this message.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat a été révoqué",
        """\
Bonjour,

Votre certificat {skill}, {code}, a été révoqué : {because}

Quiconque ouvre sa page lit qu’il a été révoqué, depuis quand, et cette raison en une phrase : {public_class}.
Rien de plus. Les fichiers que vous avez transmis ne se vérifient plus. Votre résultat reste où il est. La page du
certificat est

{link}

Si vous pensez que c’est une erreur, répondez à ce message.

Decile
{base_url}
""",
    ),
}

_SUSPENDED = {
    "en": MailText(
        "Your certificate is under review",
        """\
Hello,

Your certificate for {skill}, {code}, is under review. Whoever opens its page reads that, and no cause.

You need to do nothing. Another letter tells you what comes of it. The certificate's page is

{link}

If you think this is a mistake, reply to this message.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat est en cours d’examen",
        """\
Bonjour,

Votre certificat {skill}, {code}, est en cours d’examen. Quiconque ouvre sa page le lit, sans que la
cause soit indiquée.

Vous n’avez rien à faire. Une autre lettre vous dira ce qu’il en est. La page du certificat est

{link}

Si vous pensez que c’est une erreur, répondez à ce message.

Decile
{base_url}
""",
    ),
}

_REINSTATED = {
    "en": MailText(
        "The review is over: your certificate stands",
        """\
Hello,

The review of your certificate for {skill}, {code}, is over. It stands, until {until} as before. Its page is

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "L’examen est terminé : votre certificat est maintenu",
        """\
Bonjour,

L’examen de votre certificat {skill}, {code}, est terminé. Il est maintenu, jusqu’au {until} comme avant. Sa page est

{link}

Decile
{base_url}
""",
    ),
}

_SIGNED_ANEW = {
    "en": MailText(
        "Your certificate was signed anew: take a fresh copy",
        """\
Hello,

A key with which we had signed your certificate for {skill}, {code}, was in other hands. Your certificate is genuine, so
we have signed it again with another key. Its code, its link, its facts and its term are the same as before.

A file you saved before today (PDF, PNG, SVG or JSON) no longer verifies. Please take a fresh one from your page, and
give it to whoever had the former one:

{link}

Whoever uses the link or the printed code has nothing to do. We are sorry for the trouble.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat a été signé à nouveau : prenez une nouvelle copie",
        """\
Bonjour,

Une clé avec laquelle nous avions signé votre certificat {skill}, {code}, est tombée en d’autres mains. Votre certificat
est authentique : nous l’avons signé à nouveau avec une autre clé. Son code, son lien, son contenu et sa durée sont les
mêmes qu’avant.

Un fichier enregistré avant aujourd’hui (PDF, PNG, SVG ou JSON) ne se vérifie plus. Prenez-en un nouveau sur votre page,
et donnez-le à qui avait l’ancien :

{link}

Qui utilise le lien ou le code imprimé n’a rien à faire. Nous sommes désolés de ce dérangement.

Decile
{base_url}
""",
    ),
}

_REVIEW_OPENED = {
    "en": MailText(
        "Your certificate is suspended until a person has looked at it",
        """\
Hello,

The key that signed your certificate for {skill}, {code}, was in other hands, and our record dates the certificate after
that. It is suspended until a person has compared it with your assessment, by {day} at the latest.

Until then its page says that it is under review, and no reason. You need to do nothing. If it is found genuine, it is
signed again under the same code and for the same term. We write to you either way. Its page is

{link}

We are sorry for the trouble.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat est suspendu jusqu’à ce qu’une personne l’ait examiné",
        """\
Bonjour,

La clé qui a signé votre certificat {skill}, {code}, est tombée en d’autres mains, et notre journal des actes date ce
certificat d’après ce moment. Il est suspendu jusqu’à ce qu’une personne l’ait comparé à votre évaluation, au plus tard
le {day}.

D’ici là, sa page dit qu’il est en cours d’examen, sans en donner la raison. Vous n’avez rien à faire. S’il est reconnu
authentique, il est signé à nouveau sous le même code et pour la même durée. Nous vous écrivons dans tous les cas. Sa
page est

{link}

Nous sommes désolés de ce dérangement.

Decile
{base_url}
""",
    ),
}

_REISSUED = {
    "en": MailText(
        "Your certificate stands again",
        """\
Hello,

A person has compared your certificate for {skill}, {code}, with your assessment and found it genuine. It is signed
again with another key and stands, under the same code and for the same term.

A file you saved before (PDF, PNG, SVG or JSON) no longer verifies. Please take a fresh one from your page:

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat vaut de nouveau",
        """\
Bonjour,

Une personne a comparé votre certificat {skill}, {code}, à votre évaluation et l’a reconnu authentique. Il est signé à
nouveau avec une autre clé et il vaut, sous le même code et pour la même durée.

Un fichier enregistré auparavant (PDF, PNG, SVG ou JSON) ne se vérifie plus. Prenez-en un nouveau sur votre page :

{link}

Decile
{base_url}
""",
    ),
}

_REISSUED_IN_DOUBT = {
    "en": MailText(
        "Your certificate is signed anew and still under review",
        """\
Hello,

A person has compared your certificate for {skill}, {code}, with your assessment and found it genuine. It is signed
again with another key, under the same code and for the same term.

It stays under review all the same, because of something else than that key. Another letter tells you what comes of it.

A file you saved before (PDF, PNG, SVG or JSON) no longer verifies. Please take a fresh one from your page:

{link}

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat est signé à nouveau et reste en cours d’examen",
        """\
Bonjour,

Une personne a comparé votre certificat {skill}, {code}, à votre évaluation et l’a reconnu authentique. Il est signé à
nouveau avec une autre clé, sous le même code et pour la même durée.

Il reste pourtant en cours d’examen, pour une autre raison que cette clé. Une autre lettre vous dira ce qu’il en est.

Un fichier enregistré auparavant (PDF, PNG, SVG ou JSON) ne se vérifie plus. Prenez-en un nouveau sur votre page :

{link}

Decile
{base_url}
""",
    ),
}

_LEFT_WITHDRAWN = {
    "en": MailText(
        "Your certificate stays withdrawn",
        """\
Hello,

A person has looked at your certificate for {skill}, {code}. It was signed with a key that was in other hands, and it
stays withdrawn. The reasons, in their own words:

{reason}

Whoever opens its page reads that it was revoked, since when, and this reason in one phrase: {public_class}.
It says nothing more. Its page is

{link}

If you think this is a mistake, reply to this message.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre certificat reste retiré",
        """\
Bonjour,

Une personne a examiné votre certificat {skill}, {code}. Il avait été signé avec une clé tombée en d’autres mains, et il
reste retiré. Les raisons, dans ses propres mots :

{reason}

Quiconque ouvre sa page lit qu’il a été révoqué, depuis quand, et cette raison en une phrase : {public_class}.
Rien de plus. Sa page est

{link}

Si vous pensez que c’est une erreur, répondez à ce message.

Decile
{base_url}
""",
    ),
}

LETTERS = {
    Occasion.REVOKED: _REVOKED,
    Occasion.SUSPENDED: _SUSPENDED,
    Occasion.REINSTATED: _REINSTATED,
    Occasion.SIGNED_ANEW: _SIGNED_ANEW,
    Occasion.REVIEW_OPENED: _REVIEW_OPENED,
    Occasion.REISSUED: _REISSUED,
    Occasion.REISSUED_IN_DOUBT: _REISSUED_IN_DOUBT,
    Occasion.LEFT_WITHDRAWN: _LEFT_WITHDRAWN,
}
