"""Letters about two accounts that become one, in English and French side by side. Of the other address a mask is shown.

Whoever asked may be wrong, so the letters say to either reader what to do if the accounts are not both theirs.
"""

from __future__ import annotations

from app.accounts.mail_texts import MailText
from app.privacy.merge_letters import APPLIED, ASKED, DROPPED, LEAVING, STAYING

EVIDENCE = {
    "en": {
        "written-from-both": "We were written to from both addresses.",
        "identity-shown": "The same person showed who they are for both accounts.",
        "one-mailbox": "Both addresses lead to one mailbox.",
        "names-alike": "The names are alike.",
        "answers-alike": "The answers are alike.",
    },
    "fr": {
        "written-from-both": "On nous a écrit depuis les deux adresses.",
        "identity-shown": "La même personne a justifié de son identité pour les deux comptes.",
        "one-mailbox": "Les deux adresses mènent à une même boîte.",
        "names-alike": "Les noms se ressemblent.",
        "answers-alike": "Les réponses se ressemblent.",
    },
}

_END = {
    "en": "\nDecile\n{base_url}\n",
    "fr": "\nDecile\n{base_url}\n",
}


def _en(subject: str, body: str) -> MailText:
    return MailText(subject, f"Hello,\n\n{body}{_END['en']}")


def _fr(subject: str, body: str) -> MailText:
    return MailText(subject, f"Bonjour,\n\n{body}{_END['fr']}")


_ASKED_EN = """\
We were asked to merge the account of this address with the account of {other}, because both are said to be one
person's. {which} Why it is thought so:

{evidence}

{reason}

Nothing has changed yet. If you agree, you need to do nothing. If one of these accounts is not yours, or you do not want
this, reply to this message before {until}: then nothing is merged before we have heard you. After that day a second
person looks at it again, and may carry it out.

Merging means: assessments of both stand in one list, in order of time; waits and the yearly limit count over both; an
assessment that could not have begun on one account counts for nothing. Certificates stay as they are; where one rests
on such an assessment, a person decides. Everything stays kept.
"""
_ASKED_FR = """\
On nous a demandé de réunir le compte de cette adresse avec celui de {other}, parce que les deux seraient ceux d’une
même personne. {which} Pourquoi on le pense :

{evidence}

{reason}

Rien n’a encore changé. Si vous êtes d’accord, vous n’avez rien à faire. Si l’un de ces comptes n’est pas le vôtre, ou
si vous ne le voulez pas, répondez à ce message avant le {until} : rien ne sera alors réuni avant que nous ayons eu
votre avis. Passé ce jour, une seconde personne examine la demande à nouveau et peut l’exécuter.

Réunir veut dire : les évaluations des deux comptes figurent dans une seule liste, par ordre de date ; les délais et la
limite annuelle comptent pour les deux ensemble ; une évaluation qui n’aurait pas pu commencer sur un seul compte ne
compte pas. Les certificats restent ce qu’ils sont ; si l’un d’eux repose sur une telle évaluation, une personne décide.
Tout reste conservé.
"""

_APPLIED_EN = """\
Two accounts are one since today: that of this address and that of {other}. {which} Two people decided it together,
because of this:

{evidence}

{reason}

What it means:

All assessments, results, certificates and questions to a person stand in the account that stays. Certificates keep
code, text and end, and files you gave away verify as before. Waits and the yearly limit count over both from now on. No
role, token, passkey or authenticator app was carried over.

{effects}

If you think this is wrong, or one of the accounts is not yours, reply to this message and say why: somebody who did not
decide it looks at it. Nothing was deleted, and the record says what was moved.
"""
_APPLIED_FR = """\
Deux comptes n’en font plus qu’un depuis aujourd’hui : celui de cette adresse et celui de {other}. {which} Deux
personnes l’ont décidé ensemble, pour cette raison :

{evidence}

{reason}

Ce que cela veut dire :

Toutes les évaluations, tous les résultats, certificats et demandes à une personne se trouvent dans le compte qui reste.
Les certificats gardent leur code, leur texte et leur fin, et les fichiers que vous avez transmis se vérifient comme
avant. Les délais et la limite annuelle comptent désormais pour les deux ensemble. Aucun rôle, jeton, clé d’accès ni
application d’authentification n’a été repris.

{effects}

Si vous pensez que c’est une erreur, ou si l’un des comptes n’est pas le vôtre, répondez à ce message en disant
pourquoi : quelqu’un qui ne l’a pas décidé l’examinera. Rien n’a été supprimé, et le journal des actes dit ce qui a
été déplacé.
"""

_DROPPED_EN = """\
We had written that the account of this address might be merged with the account of {other}. That was dropped: both
accounts stay as they are, and you need to do nothing.
"""
_DROPPED_FR = """\
Nous vous avions écrit que le compte de cette adresse pourrait être réuni avec celui de {other}. C’est abandonné : les
deux comptes restent ce qu’ils sont, et vous n’avez rien à faire.
"""

_WHICH = {
    ASKED: {
        STAYING: {
            "en": "The account of this address would stay, the other one would be closed.",
            "fr": "Le compte de cette adresse resterait, l’autre serait fermé.",
        },
        LEAVING: {
            "en": "The account of this address would be closed, the other one would stay.",
            "fr": "Le compte de cette adresse serait fermé, l’autre resterait.",
        },
    },
    APPLIED: {
        STAYING: {
            "en": "The account of this address stays: sign in with it as before. The other one is closed.",
            "fr": "Le compte de cette adresse reste : connectez-vous avec elle comme avant. L’autre est fermé.",
        },
        LEAVING: {
            "en": "The account of this address is closed: sign in with the other address from now on.",
            "fr": "Le compte de cette adresse est fermé : connectez-vous désormais avec l’autre adresse.",
        },
    },
    DROPPED: {reader: {"en": "", "fr": ""} for reader in (STAYING, LEAVING)},
}

_SUBJECTS = {
    ASKED: {"en": "Are these two accounts yours?", "fr": "Ces deux comptes sont-ils les vôtres ?"},
    APPLIED: {"en": "Your two accounts are one now", "fr": "Vos deux comptes n’en font plus qu’un"},
    DROPPED: {"en": "Your accounts stay as they are", "fr": "Vos comptes restent ce qu’ils sont"},
}
_BODIES = {
    ASKED: {"en": _ASKED_EN, "fr": _ASKED_FR},
    APPLIED: {"en": _APPLIED_EN, "fr": _APPLIED_FR},
    DROPPED: {"en": _DROPPED_EN, "fr": _DROPPED_FR},
}

LETTERS = {
    occasion: {
        reader: {
            language: letter(_SUBJECTS[occasion][language], _BODIES[occasion][language].replace("{which}", which))
            for (language, which), letter in zip(words.items(), (_en, _fr), strict=True)
        }
        for reader, words in readers.items()
    }
    for occasion, readers in _WHICH.items()
}

NONE_BEYOND = {
    "en": "Every assessment of both accounts goes on counting as it did.",
    "fr": "Chaque évaluation des deux comptes continue de compter comme avant.",
}
LINE = {
    "en": "- {skill}, begun on {on}\n  {link}",
    "fr": "- {skill}, commencée le {on}\n  {link}",
}
BEYOND = {
    "en": """\
These assessments could not have begun on one account, because a wait was not over or the year's number was used up. By
the rule they count for nothing, and no wait follows from them:

{lines}

If one of them should count, ask a person on its page within {days} days, after signing in with the address that
stays. Where there is nothing to ask about on the page, reply to this message.""",
    "fr": """\
Ces évaluations n’auraient pas pu commencer sur un seul compte, parce qu’un délai n’était pas écoulé ou que le nombre de
l’année était atteint. Selon la règle, elles ne comptent pas et n’entraînent aucun délai :

{lines}

Si l’une d’elles doit compter, demandez-le à une personne sur sa page dans les {days} jours, après connexion avec
l’adresse qui reste. Si la page ne le permet pas, répondez à ce message.""",
}
CASES = {
    "en": """\
A certificate rests on such an assessment. It stands, and no rule takes it away: a person looks at it and decides with
reasons, and a letter tells you the answer. If you want to say something before, reply to this message.""",
    "fr": """\
Un certificat repose sur une telle évaluation. Il reste valable, et aucune règle ne le retire : une personne l’examine
et décide en donnant ses raisons, et une lettre vous dit la réponse. Si vous voulez dire quelque chose avant, répondez à
ce message.""",
}
NORM_USE = {
    "en": """\
Only one of the two accounts had agreed that its answers may help to build a norm, so the account that stays does not
agree to it any more. You may agree again at any time under My data.""",
    "fr": """\
Un seul des deux comptes avait accepté que ses réponses servent à établir une norme ; le compte qui reste ne l’accepte
donc plus. Vous pouvez l’accepter de nouveau à tout moment sous Mes données.""",
}
