"""The invitation of a judge, in English and French side by side."""

from __future__ import annotations

INVITATION = {
    "en": (
        "You are asked to judge situations at work for Decile",
        """\
Hello,

Decile is building an assessment of this skill: {skill}. You are asked to be one of its judges.

You would read {count} short situations, one per page, and say how effective each of several actions is, from 1 to 6.
Judge on your own: do not talk about it with other judges. You can stop and go on whenever you like.

Your own link, for {days} days. Do not pass it on:

{link}

When the panel is closed your address is deleted. The ratings stay, without your name.

Decile
{base_url}
""",
    ),
    "fr": (
        "Decile vous propose de juger des situations de travail",
        """\
Bonjour,

Decile construit une évaluation de cette compétence : {skill}. On vous propose de faire partie de ses juges.

Vous liriez {count} courtes situations, une par page, et diriez à quel point chacune de plusieurs actions est efficace,
de 1 à 6. Jugez par vous-même : n’en parlez pas avec d’autres juges. Vous pouvez arrêter et reprendre à tout moment.

Votre lien personnel, pour {days} jours. Ne le transmettez pas :

{link}

À la clôture du groupe, votre adresse est effacée. Les notes restent, sans votre nom.

Decile
{base_url}
""",
    ),
}
