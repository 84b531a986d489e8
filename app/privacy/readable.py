"""The same copy as one HTML page that needs nothing but a browser. Every value is escaped: people wrote some."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from app.foundation import written
from app.privacy.column_words import in_words

TITLE = {"en": "What Decile keeps of you", "fr": "Ce que Decile garde de vous"}
INTRODUCTION = {
    "en": "One section for each kind of record; open it to read. Instants are in UTC. What is empty is left out here: "
    "data.json, for programs, holds every field with every digit.",
    "fr": "Une section par sorte d’enregistrement ; ouvrez-la pour lire. Les instants sont en UTC. Ce qui est vide "
    "n’est pas repris ici : data.json, pour les programmes, contient chaque champ avec chaque chiffre.",
}
WHY_WITHHELD = {
    "en": "Withheld are hashes of secrets and sealed secrets that guard the account, what would give the scoring key "
    "or the choice of questions away, and ids of other people.",
    "fr": "Ne sont pas remis : les empreintes de secrets et les secrets scellés qui gardent le compte, ce qui "
    "trahirait la clé de correction ou le choix des questions, et les identifiants d’autres personnes.",
}
NOTHING = {"en": "nothing", "fr": "rien"}
HEADINGS = {
    "person": ("You", "Vous"),
    "person_restriction": (
        "Times when your data was only kept",
        "Périodes où vos données étaient seulement conservées",
    ),
    "consent": ("Consents", "Consentements"),
    "role_grant": ("Roles", "Rôles"),
    "sign_in_request": ("Sign-ins asked for", "Connexions demandées"),
    "guess_count": ("Wrong codes, by day", "Codes erronés, par jour"),
    "browser_session": ("Where you are signed in", "Vos connexions ouvertes"),
    "api_token": ("Tokens for programs", "Jetons pour programmes"),
    "second_factor": ("Authenticator app", "Application d’authentification"),
    "recovery_code": ("Recovery codes", "Codes de secours"),
    "passkey": ("Passkeys", "Clés d’accès"),
    "passkey_challenge": ("Passkey ceremonies under way", "Cérémonies de clé d’accès en cours"),
    "letter": ("Messages we wrote to you", "Messages que nous vous avons écrits"),
    "second_address": ("A second address for messages", "Une seconde adresse pour les messages"),
    "kept_answer": ("Answers kept for repeated requests", "Réponses gardées pour des requêtes répétées"),
    "kept_form": (
        "What you typed, kept while you proved who you are",
        "Ce que vous avez saisi, gardé pendant que vous prouviez votre identité",
    ),
    "sitting": ("Assessments", "Évaluations"),
    "presentation": ("Questions you were shown", "Questions qui vous ont été montrées"),
    "response": ("Your answers", "Vos réponses"),
    "frozen_sitting": ("Scores", "Scores"),
    "item_report": ("Questions you reported", "Questions que vous avez signalées"),
    "sitting_check": ("Checks of your assessments", "Vérifications de vos évaluations"),
    "sitting_likeness": (
        "Assessments of others with the same ratings",
        "Évaluations d’autres personnes avec les mêmes notes",
    ),
    "sitting_correction": ("Scores without a faulty question", "Scores sans une question défectueuse"),
    "founding_form": ("Founding questions drawn for you", "Questions fondatrices tirées pour vous"),
    "founding_promise": (
        "What you were promised as a founder",
        "Ce qui vous a été promis pour une passation de fondation",
    ),
    "key_seat": ("Invitations to judge answers", "Invitations à juger des réponses"),
    "sitting_allowance": ("Sittings granted to you", "Évaluations qui vous ont été accordées"),
    "retake_trace": ("Days of sittings before an erasure", "Jours d’évaluations avant un effacement"),
    "erased_address": ("Hash left by an erasure", "Empreinte laissée par un effacement"),
    "skill_result": ("Results", "Résultats"),
    "award_decision": ("Decisions", "Décisions"),
    "award": ("Awards", "Attributions"),
    "credential": ("Certificates", "Certificats"),
    "withdrawn_signature": ("Certificates signed anew", "Certificats signés à nouveau"),
    "credential_review": ("Certificates a person must look at", "Certificats qu’une personne doit examiner"),
    "expiry_reminder": ("Reminders of expiry", "Rappels d’expiration"),
    "reminder_opt_out": ("Reminders you do not want", "Rappels que vous ne voulez pas"),
    "share_grant": ("Links made for single readers", "Liens faits pour un seul lecteur"),
    "share_look": ("How often these links were opened", "Combien de fois ces liens ont été ouverts"),
    "control_challenge": ("Recruiters' questions to you", "Questions de recruteurs à votre adresse"),
    "verification_count": (
        "How often certificates were looked at",
        "Combien de fois des certificats ont été consultés",
    ),
    "review_case": ("Questions to a person", "Demandes à une personne"),
    "register_change": ("Changes of your certificates in the register", "Changements de vos certificats au registre"),
    "erasure_request": ("Erasure asked for", "Effacement demandé"),
    "account_merge": ("Accounts of yours that became one", "Vos comptes qui n’en font plus qu’un"),
    "audit_entry": ("Everything that happened", "Tout ce qui s’est passé"),
}
STYLE = "body{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}\
h2{display:inline;font-size:1.1rem}details,.none{margin:.6rem 0}summary{cursor:pointer}\
dl{margin:.6rem 0;padding:.4rem .8rem;border:1px solid #999;border-radius:.4rem;overflow-wrap:anywhere}\
dt,dd{display:inline;margin:0}dt{color:#555}dd::after{content:'';display:block}"
LONG = 200  # characters; what is longer is folded
SHOW = {"en": "Show", "fr": "Afficher"}
YES_NO = {"en": ("no", "yes"), "fr": ("non", "oui")}
COLON = {"en": ":", "fr": "\N{NO-BREAK SPACE}:"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def page(copy: Mapping[str, Any], language: str) -> str:
    """The page in one of our languages."""
    sections = "".join(_section(table, rows, language) for table, rows in copy["tables"].items())
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{TITLE[language]}</title>'
        f"<style>{STYLE}</style></head><body><h1>{TITLE[language]}</h1><p>{INTRODUCTION[language]}</p>"
        f"<p>{escape(_written(copy['exported_at'], language))}</p>{sections}"
        f"<p>{WHY_WITHHELD[language]}</p></body></html>"
    )


def _section(table: str, rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """One kind of record, folded: many an account has hundreds of answers. What it is and how many, at a glance."""
    heading = f"<h2>{HEADINGS[table][language == 'fr']}</h2>"
    if not rows:
        return f'<div class="none">{heading} – {NOTHING[language]}</div>'
    records = "".join(_record(row, language) for row in rows)
    is_open = " open" if table == "person" else ""
    return f"<details{is_open}><summary>{heading} ({len(rows)})</summary>{records}</details>"


def _record(row: Mapping[str, Any], language: str) -> str:
    """What it holds; what is empty stands in data.json alone."""
    told = ((name, value) for name, value in row.items() if value not in (None, "", [], {}))
    return f"<dl>{''.join(_line(name, value, language) for name, value in told)}</dl>"


def _line(name: str, value: Any, language: str) -> str:
    text, words = escape(_written(value, language)), escape(in_words(name, language))
    if len(text) > LONG:
        text = f"<details><summary>{SHOW[language]}</summary>{text}</details>"
    return f"<dt>{words}{COLON[language]} </dt><dd>{text}</dd>"


def _written(value: Any, language: str) -> str:
    """As people write it: instants to the minute, days in words, yes and no; all the rest as it is stored."""
    if isinstance(value, bool):
        return YES_NO[language][value]
    if isinstance(value, float):
        return written.number(f"{value:.4g}", language)
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if _INSTANT.fullmatch(value):
        return f"{written.minute(datetime.fromisoformat(value), language)} UTC"
    return written.day(value, language) if _DAY.fullmatch(value) else value
