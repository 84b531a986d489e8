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

Saisissez-le sur la page où vous l’avez demandé, ou ouvrez ce lien et appuyez sur le bouton :

{link}

Le code et le lien servent une seule fois, jusqu’à {minutes} minutes après votre demande.

Si vous n’avez rien demandé, ne faites rien : sans ce message, personne n’entre. Ne donnez jamais ce code ;
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
Personne n’est entré de cette façon.

Vous n’avez rien à faire. Pour vous connecter, demandez un message comme d’habitude et ouvrez le lien qu’il contient :
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
        "Des codes d’authentification erronés ont été essayés sur votre compte Decile",
        """\
Bonjour,

Quelqu’un qui peut lire votre courrier, peut-être vous, a saisi tant de codes d’authentification erronés qu’ils sont
désactivés pour un temps. Personne n’est entré de cette façon.

Si c’était vous, utilisez un de vos codes de secours. Sinon, changez aujourd’hui le mot de passe de votre messagerie
et prévenez un exploitant de Decile.

Decile
{base_url}
""",
    ),
}

PASSKEY_ADDED = {
    "en": MailText(
        "A passkey was added to your Decile account",
        """\
Hello,

On {time} UTC a passkey was added to your account. Whoever holds its device can sign in as you.

If it was you, there is nothing to do. If it was not, sign in today, remove the passkey on the page My data, and
change the password of your mailbox:

{base_url}/account

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Une clé d’accès a été ajoutée à votre compte Decile",
        """\
Bonjour,

Le {time} UTC, une clé d’accès a été ajoutée à votre compte. Qui détient son appareil peut se connecter à votre place.

Si c’était vous, vous n’avez rien à faire. Sinon, connectez-vous aujourd’hui, retirez la clé d’accès sur la page
Mes données, et changez le mot de passe de votre messagerie :

{base_url}/account

Decile
{base_url}
""",
    ),
}

PASSKEY_REMOVED = {
    "en": MailText(
        "A passkey was removed from your Decile account",
        """\
Hello,

On {time} UTC a passkey was removed from your account. It no longer lets anybody in, and other sign-ins have ended.

If it was you, there is nothing to do. If it was not, sign in today by e-mail, look at the page My data, and change
the password of your mailbox:

{base_url}/account

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Une clé d’accès a été retirée de votre compte Decile",
        """\
Bonjour,

Le {time} UTC, une clé d’accès a été retirée de votre compte. Elle ne laisse plus entrer personne, et les autres
connexions sont terminées.

Si c’était vous, vous n’avez rien à faire. Sinon, connectez-vous aujourd’hui par e-mail, regardez la page Mes données,
et changez le mot de passe de votre messagerie :

{base_url}/account

Decile
{base_url}
""",
    ),
}

PASSKEY_SUSPENDED = {
    "en": MailText(
        "A passkey of your Decile account may have been copied",
        """\
Hello,

On {time} UTC one of your passkeys was used in a way that only happens where a copy of it exists. We did not let
anybody in by it, and it stays switched off.

Sign in another way, remove that passkey on the page My data, and add a new one:

{base_url}/account

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Une clé d’accès de votre compte Decile a peut-être été copiée",
        """\
Bonjour,

Le {time} UTC, une de vos clés d’accès a servi d’une façon qui n’arrive que s’il en existe une copie. Nous n’avons
laissé entrer personne, et cette clé reste désactivée.

Connectez-vous autrement, retirez cette clé d’accès sur la page Mes données, et ajoutez-en une nouvelle :

{base_url}/account

Decile
{base_url}
""",
    ),
}

TOKEN_MADE = {
    "en": MailText(
        "A token for a program was made on your Decile account",
        """\
Hello,

On {time} UTC a token for a program was made on your account. Whoever holds it can do as you what it was made for, also
once you have signed out.

If it was you, there is nothing to do. If it was not, sign in today and press Sign out everywhere else on the page
My data, which ends every token too, and change the password of your mailbox:

{base_url}/account

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Un jeton pour un programme a été créé sur votre compte Decile",
        """\
Bonjour,

Le {time} UTC, un jeton pour un programme a été créé sur votre compte. Qui le détient peut faire à votre place ce pour
quoi il a été créé, même après votre déconnexion.

Si c’était vous, vous n’avez rien à faire. Sinon, connectez-vous aujourd’hui, choisissez « Se déconnecter partout
ailleurs » sur la page Mes données, ce qui met aussi fin à tous les jetons, et changez le mot de passe de votre
messagerie :

{base_url}/account

Decile
{base_url}
""",
    ),
}

SECOND_ADDRESS_ASKED = {
    "en": MailText(
        "May Decile send copies of messages here?",
        """\
Hello,

Whoever signs in to Decile as {first} named this mailbox as a second address for copies of their messages. If that is
you, open this link within {hours} hours and press the button there:

{link}

If it is not, do nothing: without the button nothing more comes here. Nobody can sign in with this address.

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Decile peut-il envoyer ici des copies de messages ?",
        """\
Bonjour,

La personne qui se connecte à Decile sous l’adresse {first} a indiqué cette boîte comme seconde adresse pour des copies
de ses messages. Si c’est vous, ouvrez ce lien dans les {hours} heures et appuyez sur le bouton :

{link}

Sinon, ne faites rien : sans le bouton, plus rien n’arrive ici. Cette adresse ne permet à personne de se connecter.

Decile
{base_url}
""",
    ),
}

SECOND_ADDRESS_ADDED = {
    "en": MailText(
        "Copies of your Decile messages go to a second address",
        """\
Hello,

From {time} UTC on copies of what we write to you also go to the second address that was named on your account. Codes
and links to sign in do not.

If you did not name it, take it back, and end the sign-ins that are not yours:

{base_url}/account/second-address

Decile
{base_url}
""",
    ),
    "fr": MailText(
        "Des copies de vos messages Decile vont à une seconde adresse",
        """\
Bonjour,

Depuis le {time} UTC, des copies de ce que nous vous écrivons vont aussi à la seconde adresse indiquée sur votre compte.
Les codes et liens de connexion, non.

Si vous ne l’avez pas indiquée, retirez-la, et mettez fin aux connexions qui ne sont pas les vôtres :

{base_url}/account/second-address

Decile
{base_url}
""",
    ),
}
