"""Complaints and goodbyes: said, asked about, nearly done, and denied."""

import pytest

from retention_lab.analysis.feedback.entries import LANGUAGES, entries_of
from retention_lab.analysis.feedback.intents import find_intents
from retention_lab.analysis.feedback.words import words_of
from retention_lab.errors import DataError

LEAVING = {
    "en": [
        "I am cancelling my contract.",
        "We have switched to another provider.",
        "That was it, goodbye!",
    ],
    "it": ["Disdico oggi stesso.", "Basta, passo a un altro operatore.", "Non mi vedrete più."],
    "es": ["Me doy de baja.", "Nunca más compro aquí.", "Me paso a la competencia."],
    "fr": ["Je résilie mon abonnement.", "Vous ne me verrez plus.", "Je ne reviendrai plus."],
    "sl": ["Odpovedujem pogodbo.", "Grem k drugemu operaterju.", "Pri vas ne bom več kupoval."],
}
STAYING = {
    "en": ["How do I cancel?", "I was going to cancel but Ann helped.", "I won't cancel.", "I cancelled my order."],
    "it": [
        "Come faccio a disdire?",
        "Stavo per disdire, ma resto.",
        "Non disdico.",
        "Ho annullato l'ordine.",
    ],
    "es": ["¿Cómo me doy de baja?", "Iba a cancelar mi contrato.", "No me doy de baja.", "He cancelado mi cita."],
    "fr": ["Comment résilier ?", "J'allais résilier mon contrat.", "Je ne résilie pas.", "J'ai annulé ma commande."],
    "sl": ["Kako lahko odpovem?", "Hotel sem odpovedati pogodbo.", "Ne odpovedujem.", "Odpovedal sem naročilo."],
}
COMPLAINTS = {
    "en": [
        "You charged me twice.",
        "Third time I write and nobody answers.",
        "It arrived broken, but is nice.",
    ],
    "it": ["Mi avete addebitato due volte la rata.", "Nessuno risponde.", "È arrivato rotto."],
    "es": ["Me cobraron dos veces.", "Sigo esperando una respuesta.", "Llegó roto."],
    "fr": ["Toujours pas remboursé.", "Personne ne répond.", "C'est la troisième fois que j'écris."],
    "sl": ["Dvakrat ste mi zaračunali isto.", "Nihče se ne oglasi.", "Že tretjič pišem."],
}
GRUMBLES = {
    "en": ["The price is a bit high.", "The film was boring.", "I have no complaints."],
    "it": ["Il prezzo è un po' alto.", "Film noioso.", "Nessun problema."],
    "es": ["El precio es algo alto.", "La película es aburrida.", "Ningún problema."],
    "fr": ["Le prix est un peu élevé.", "Film ennuyeux.", "Rien à redire."],
    "sl": ["Cena je malo visoka.", "Film je dolgočasen.", "Brez težav."],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_says_goodbye_is_leaving_and_who_asks_denies_or_nearly_did_is_not(language: str) -> None:
    assert find_intents(LEAVING[language], language).leaving.tolist() == [True] * len(LEAVING[language])
    assert find_intents(STAYING[language], language).leaving.tolist() == [False] * len(STAYING[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_is_more_than_a_bad_mood(language: str) -> None:
    assert find_intents(COMPLAINTS[language], language).complaint.tolist() == [True] * len(COMPLAINTS[language])
    assert find_intents(GRUMBLES[language], language).complaint.tolist() == [False] * len(GRUMBLES[language])


def test_what_takes_one_sentence_back_leaves_the_next_alone() -> None:
    found = find_intents(["I cancelled my order by mistake. Now I am cancelling my contract."], "en")
    assert found.leaving.tolist() == [True]


def test_a_contrast_ends_what_takes_a_complaint_back() -> None:
    assert find_intents(["No problems with the staff, but it arrived broken"], "en").complaint.tolist() == [True]


def test_a_clients_words_count_and_a_negation_takes_them_back() -> None:
    texts = ["I put in a SIM-swap request", "never SIM swap"]
    assert not find_intents(texts, "en").leaving.any()
    found = find_intents(texts, "en", own_complaint=["request*"], own_leaving=["SIM swap"])
    assert (found.leaving.tolist(), found.complaint.tolist()) == ([True, False], [True, False])
    assert find_intents(["Ich kündige"], "de", own_leaving=["kündig*"]).leaving.tolist() == [True]
    with pytest.raises(DataError, match="can never be found"):
        find_intents(texts, "en", own_leaving=["!"])


def test_no_text_and_hostile_texts_say_nothing() -> None:
    texts = ["", "😀", "\ud800", "<script>alert(1)</script>", '"><img onerror=x>', "‮=HYPERLINK(1)", "a" * 1_000_000]
    for language in (*LANGUAGES, "de", ""):
        found = find_intents(texts, language)
        assert not found.complaint.any()
        assert not found.leaving.any()
    assert find_intents([], "en").leaving.shape == (0,)


def test_a_pattern_reaches_over_three_words_and_no_further() -> None:
    texts = ["Close my old savings account.", "Close the door and then bring my account to mind."]
    assert find_intents(texts, "en").leaving.tolist() == [True, False]


def test_a_negation_reaches_over_light_words() -> None:
    texts = ["I never even wanted to close my account.", "Happy? Never, so close my account."]
    assert find_intents(texts, "en").leaving.tolist() == [False, True]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I have no intention of renewing."),
        ("it", "Torno al mio vecchio operatore."),
        ("es", "Vuelvo a mi antigua compañía."),
        ("fr", "Je retourne chez mon ancien opérateur."),
        ("sl", "Vračam se k staremu operaterju."),
    ],
)
def test_what_often_denies_a_goodbye_can_also_be_one(language: str, text: str) -> None:
    assert find_intents([text], language).leaving.tolist() == [True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_patterns_has_every_section_and_no_choice_that_can_never_be_found(language: str) -> None:
    sections = entries_of("patterns", language)
    assert set(sections) == {"light", "complaint", "not_complaint", "leaving", "not_leaving"}
    patterns = [one.replace("| ", "|") for listed in sections.values() for one in listed]
    choices = [part for one in patterns for part in one.split() if part != ".."]
    words = [word for part in choices for choice in part.split("|") for word in choice.split("_") if word != "-"]
    assert [word for word in words if words_of(word.removesuffix("*")) != [word.removesuffix("*")]] == []
    assert [word for word in words if word.endswith("*") and len(word) < 4] == []
