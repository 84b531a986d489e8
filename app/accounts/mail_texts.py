"""The messages accounts sends, in English and French side by side. Plain text: it reads the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailText:
    """Subject and body of one message in one language; `{names}` are filled in when it is composed."""

    subject: str
    body: str


SIGN_IN = {
    "en": MailText(
        "Your code for Decile: {code}",
        """\
Hello,

Your code is {code}

Type it on the page where you asked for it, or open this link and press the button there:

{link}

Code and link work once, until {minutes} minutes after you asked.

If you did not ask for this, do nothing: without this message nobody gets in. Never tell anyone the code;
nobody at Decile will ask you for it.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Votre code pour Decile : {code}",
        """\
Bonjour,

Votre code est {code}

Saisissez-le sur la page où vous l'avez demandé, ou ouvrez ce lien et appuyez sur le bouton :

{link}

Le code et le lien servent une seule fois, jusqu'à {minutes} minutes après votre demande.

Si vous n'avez rien demandé, ne faites rien : sans ce message, personne n'entre. Ne donnez jamais ce code ;
personne chez Decile ne vous le demandera.

Decile
{base_url}
""",
    ),
}

GUESSED_CODE = {
    "en": MailText(
        "Somebody tried wrong codes on your Decile account",
        """\
Hello,

Wrong six-digit codes were entered for your address so often that codes are switched off for it for a while.
Nobody got in by them.

You need not do anything. To sign in, ask for a message as usual and open the link in it: the link still works.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Des codes erronés ont été essayés sur votre compte Decile",
        """\
Bonjour,

Tant de codes à six chiffres erronés ont été saisis pour votre adresse que les codes sont désactivés pour un temps.
Personne n'est entré de cette façon.

Vous n'avez rien à faire. Pour vous connecter, demandez un message comme d'habitude et ouvrez le lien qu'il contient :
le lien fonctionne toujours.

Decile
{base_url}
""",
    ),
}

GUESSED_SECOND_FACTOR = {
    "en": MailText(
        "Somebody tried wrong authenticator codes on your Decile account",
        """\
Hello,

Somebody who can read your mail, perhaps you, entered wrong authenticator codes so often that they are switched off
for a while. Nobody got in by them.

If it was you, use one of your recovery codes. If it was not, change the password of your mailbox today and tell
an operator of Decile.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Des codes d'authentification erronés ont été essayés sur votre compte Decile",
        """\
Bonjour,

Quelqu'un qui peut lire votre courrier, peut-être vous, a saisi tant de codes d'authentification erronés qu'ils sont
désactivés pour un temps. Personne n'est entré de cette façon.

Si c'était vous, utilisez un de vos codes de secours. Sinon, changez aujourd'hui le mot de passe de votre messagerie
et prévenez un opérateur de Decile.

Decile
{base_url}
""",
    ),
}
