"""Each list catches its plain cases in both languages and lets the innocent neighbour pass."""

from __future__ import annotations

import pytest

from app.item_bank.text_rules import LANGUAGES, check_typography
from app.item_bank.topics import TOPICS, check_senses, check_topics

# topic: language, what is caught, the neighbour that is not
TOPIC_PAIRS = [
    ("religion", "en", "The shop closes for Easter.", "The shop closes for the eastern road."),
    ("religion", "fr", "Le magasin ferme pour Noël.", "Le magasin ferme pour un novice."),
    ("politics", "en", "A talk on the election.", "A talk on the selection."),
    ("politics", "fr", "On parle de politique.", "On parle avec politesse."),
    ("union", "en", "The union calls.", "The reunion is noisy."),
    ("union", "fr", "Le syndicat appelle.", "La réunion commence."),
    ("health", "en", "A colleague is ill.", "A colleague will fill it still."),
    ("health", "fr", "Une collègue malade.", "Une collègue maladroite."),
    ("disability", "en", "A deaf customer.", "A default customer."),
    ("disability", "fr", "Une personne sourde.", "Une source d’eau."),
    ("pregnancy", "en", "She is pregnant.", "A gap that is important."),
    ("pregnancy", "fr", "Elle est enceinte.", "Elle est récente."),
    ("family", "en", "Your son calls.", "Your person calls."),
    ("family", "fr", "Votre fils appelle.", "Le fils électrique et un mode d’emploi familier."),
    ("origin", "en", "A foreign colleague.", "A colleague plans a running race."),
    (
        "origin",
        "fr",
        "Une collègue étrangère.",
        "Pour des raisons étrangères à son travail, une collègue part à l’étranger.",
    ),
    ("sexuality", "en", "A gay colleague.", "An eager colleague."),
    ("sexuality", "fr", "Un collègue gay.", "Un collègue gai."),
]


@pytest.mark.parametrize(("topic", "language", "fault", "neighbour"), TOPIC_PAIRS)
def test_a_private_matter_is_caught_and_its_neighbour_passes(topic, language, fault, neighbour):
    assert [finding.message.split()[-1] for finding in check_topics("f", (), fault, language)] == [topic]
    assert list(check_topics("f", (), neighbour, language)) == []


def test_every_topic_has_a_list_in_both_languages_and_a_pair_here():
    assert set(TOPICS["en"]) == set(TOPICS["fr"])
    assert {(topic, language) for topic, language, *_ in TOPIC_PAIRS} == {(t, k) for k in LANGUAGES for t in TOPICS[k]}


@pytest.mark.parametrize(
    ("language", "fault", "neighbour"),
    [
        ("en", "see that a shelf was empty?", "oversee a seed order?"),
        ("en", "listened to a colleague?", "listed what was missing?"),
        ("en", "look at the plan?", "look after a newcomer?"),
        ("fr", "vu qu’un rayon était vide ?", "prévu un rayon vide, à voix basse ?"),
        ("fr", "écouté une collègue ?", "coûté du temps ?"),
        ("fr", "entendu une plainte ?", "laisse entendre une plainte ?"),
    ],
)
def test_an_act_of_the_senses_is_caught_and_its_neighbour_passes(language, fault, neighbour):
    assert [finding.code for finding in check_senses("f", (), fault, language)] == ["sense"]
    assert list(check_senses("f", (), neighbour, language)) == []


@pytest.mark.parametrize(
    ("language", "clean"),
    [
        ("en", "Ask: “who else should know?” – a well-known step, costing 1.5 hours…"),
        ("fr", "Demander\u202f: «\u00a0qui d’autre doit savoir\u202f?\u00a0» – une étape bien-aimée de 1,5 heure…"),
    ],
)
def test_good_typography_passes_in_each_language(language, clean):
    assert list(check_typography("f", {"text": {language: clean}})) == []
