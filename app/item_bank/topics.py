"""Words an item should do without: topics that touch people's private lives, and acts that need a sense.

The lists catch the plain cases in each language. What they let pass is for reviewers, and what they catch wrongly is
cured by another word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.item_bank.findings import Finding
from app.item_bank.yaml_lines import Path

TOPICS = {
    "en": {
        "religion": r"religio\w*|church\w*|mosques?|synagogues?|pray(?:s|ed|ers?|ing)?|christian\w*|muslims?|islam\w*"
        r"|jew(?:s|ish)?|hindus?|buddhis\w*|christmas|easter|ramadan|god|bible|koran|faiths?",
        "politics": r"politic\w*|elections?|governments?|parliament\w*|left-wing|right-wing",
        "union": r"unions?|on strike|strikers?|shop stewards?",
        "health": r"health\w*|ill|illness\w*|diseases?|sick\w*|cancer|depress\w*|anxiety|burn-?out|medicines?|therapy",
        "disability": r"disab\w*|handicap\w*|wheelchairs?|deaf\w*|blind|autis\w*|dyslexi\w*",
        "pregnancy": r"pregnan\w*|maternity|paternity|childbirth",
        "family": r"famil(?:y|ies)|mothers?|fathers?|parents?|parental|husbands?|wife|wives|sons?|daughters?"
        r"|child(?:ren)?|bab(?:y|ies)|brothers?|sisters?|married|marriages?|divorc\w*",
        "origin": r"ethnic\w*|raci(?:al|sm|st)\w*|immigra\w*|migrants?|foreign\w*|nationalit\w*",
        "sexuality": r"gay|lesbians?|homosexual\w*|transgender",
    },
    "fr": {
        "religion": r"religi\w*|églises?|mosquées?|synagogues?|prières|chrétien\w*|musulman\w*|islam\w*|juifs?|juives?"
        r"|hindoue?s?|bouddhis\w*|noël|pâques|ramadan|dieu|bible|coran",
        "politics": r"politique\w*|élections?|gouvernements?|parlement\w*|ministres?",
        "union": r"syndic(?:at|al)\w*|syndicaux|grèves?|grévistes?",
        "health": r"santé|maladies?|malades?|cancer|dépressi\w*|anxiété|burn-?out|médicaments?|thérapies?",
        "disability": r"handicap\w*|invalides?|invalidité|fauteuil roulant|sourde?s?|aveugles?|autis\w*|dyslexi\w*",
        "pregnancy": r"enceintes?|grossesses?|maternité|paternité|accouche\w*",
        "family": r"familles?|famili(?:ale?s?|aux)|mères?|pères?|parents?|maris?|épou(?:x|ses?)|(?:son|leur|votre) fils"
        r"|(?:sa|leur|votre) fille|enfants?|bébés?|frères?|sœurs?|mariages?|mariée?s?|divorc\w*",
        "origin": r"ethni\w*|raci(?:al|sm|st)\w*|raciaux|immigr\w*|migrante?s?|(?<!l’)étrang(?:er|ère)s?(?! à)"
        r"|nationalités?",
        "sexuality": r"gays?|lesbiennes?|homosexuel\w*|transgenres?",
    },
}
SENSES = {
    "en": r"sees?|saw|seen|seeing|hear|hears|heard|hearing|listen\w*|watch(?:e[sd]|ing)?|glance\w*"
    r"|look(?:s|ed|ing)? (?:at|round|around)",
    "fr": r"voir|voi[st]|voyez|vus?(?! que)"
    r"|(?<!laisse )(?<!laisser )(?<!laissé )entend(?:re|s|ez|u|us)?|écout\w*|regard(?:er|é|ée|és|ez)"
    r"|aperç\w*|apercev\w*",
}
_TOPICS = {
    language: {topic: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for topic, words in topics.items()}
    for language, topics in TOPICS.items()
}
_SENSES = {language: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for language, words in SENSES.items()}


def check_topics(file: str, path: Path, text: str, language: str) -> Iterator[Finding]:
    """Religion, politics, union, health, disability, pregnancy, family, origin, sexuality."""
    for topic, pattern in _TOPICS[language].items():
        found = pattern.search(text)
        if found:
            message = f"{found.group()!r} touches {topic}"
            yield Finding(file, path, "forbidden-topic", message, "Tell the same conflict without it, or pick another.")


def check_senses(file: str, path: Path, text: str, language: str) -> Iterator[Finding]:
    """Seeing and hearing as acts: not everybody does them, and the behaviour meant is another one."""
    found = _SENSES[language].search(text)
    if found:
        remedy = "Name what is done with it: notice, read, ask, check."
        yield Finding(file, path, "sense", f"{found.group()!r} needs a sense", remedy)
