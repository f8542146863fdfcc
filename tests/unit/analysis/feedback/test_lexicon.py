from importlib.resources import files

import numpy as np
import pytest
import yaml

from retention_lab.analysis.feedback.lexicon import LANGUAGES, SECTIONS, WEIGHTS, entry_of, load_lexicon, sections_of
from retention_lab.errors import DataError

FELT = [name for name in WEIGHTS if name != "neutral"]


def score(language: str, text: str, **own: list[str]) -> float:
    return float(load_lexicon(language, own).score([text]).score[0])


def raw(name: str) -> dict[str, list[object]]:
    text = files("retention_lab.analysis.feedback").joinpath("lexicons", f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_has_every_section_and_only_words_in_it(language: str) -> None:
    """A bare `no` is a truth value in YAML, and would never be found."""
    sections = raw(language)
    assert set(sections) == set(SECTIONS)
    assert [entry for listed in sections.values() for entry in listed if not isinstance(entry, str)] == []


@pytest.mark.parametrize("language", [*LANGUAGES, "signs"])
def test_no_entry_stands_twice_or_in_two_sections(language: str) -> None:
    sections = {name: listed for name, listed in sections_of(language).items() if name != "stop_words"}
    entries = [entry for listed in sections.values() for entry in listed]
    assert sorted(entry for entry in set(entries) if entries.count(entry) > 1) == []


@pytest.mark.parametrize("language", [*LANGUAGES, "signs"])
def test_every_entry_can_be_found(language: str) -> None:
    """An entry such as `n'est pas` is three words in a comment, and would never match as it is written."""
    entries = [str(entry) for listed in raw(language).values() for entry in listed]
    assert [entry for entry in entries if len(entry_of(entry).split()) != len(entry.split())] == []
    lexicon = load_lexicon(language)
    polar = [entry_of(str(entry)) for name, listed in raw(language).items() if name in FELT for entry in listed]
    unfound = [entry for entry in polar if lexicon.score([entry.replace("*", "")]).n_found[0] == 0]
    assert language == "signs" or unfound == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_word_says_nothing_of_feeling(language: str) -> None:
    lexicon = load_lexicon(language)
    found = {word: lexicon.book.find([word]) for word in sorted(lexicon.stop_words)}
    assert [word for word, matches in found.items() if matches and matches[0].label in FELT] == []
    assert 100 <= len(lexicon.stop_words) <= 200


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("en", "The agent was helpful and quick", "Three weeks and nothing"),
        ("it", "Personale gentile, tutto perfetto", "Ancora aspetto una risposta"),
        ("es", "Muy contento, llegó antes de lo previsto", "Me cobraron dos veces"),
        ("fr", "Livraison rapide, rien à redire", "Toujours pas reçu ma commande"),
        ("sl", "Prijazno osebje, vse deluje kot mora", "Nihče se ne oglasi na telefon"),
    ],
)
def test_praise_and_complaints_without_words_of_feeling_are_told_apart(language: str, good: str, bad: str) -> None:
    assert score(language, good) > 0 > score(language, bad)


@pytest.mark.parametrize(
    ("language", "plain", "negated"),
    [
        ("en", "it is good", "it is not very good"),
        ("it", "è buono", "non è buono"),
        ("es", "es bueno", "no es bueno"),
        ("fr", "c'est facile", "ce n'est pas facile"),
        ("sl", "je dober", "ni dober"),
    ],
)
def test_a_negation_turns_what_follows(language: str, plain: str, negated: str) -> None:
    assert score(language, plain) > 0 > score(language, negated)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "non sono mai stato contento"),
        ("es", "no estoy nada contento"),
        ("fr", "je ne suis jamais content"),
        ("sl", "nikoli nisem bil zadovoljen"),
    ],
)
def test_a_double_negation_does_not_turn_back(language: str, text: str) -> None:
    assert score(language, text) < 0


@pytest.mark.parametrize(("language", "text"), [("it", "nessuno, mai: non funziona"), ("sl", "nikoli ne deluje")])
def test_a_complaint_that_holds_a_negation_is_not_turned_by_another(language: str, text: str) -> None:
    assert score(language, text) < 0


@pytest.mark.parametrize(
    ("language", "text"), [("it", "non mi hanno aiutato"), ("es", "no me han ayudado"), ("sl", "nihče ne pomaga")]
)
def test_a_complaint_that_holds_a_negation_turns_praise_after_it(language: str, text: str) -> None:
    assert score(language, text) < 0


def test_a_negated_complaint_is_faint_praise() -> None:
    """ "Not slow" is less than "fast", and "not excellent" no worse than a plain complaint."""
    assert 0 < score("en", "it was not slow") < score("en", "it was fast")
    assert score("en", "it was not excellent") == score("en", "it was bad")


def test_a_negation_reaches_neither_beyond_a_comma_nor_far() -> None:
    assert score("it", "No, è buono") > 0
    assert score("en", "not only did they answer in time, they were friendly") > 0


def test_what_follows_a_contrast_counts_more() -> None:
    for language, text in (("en", "good but slow"), ("it", "buono ma lento"), ("es", "bueno pero lento"),
                           ("fr", "bon mais lent"), ("sl", "dober ampak počasen")):  # fmt: skip
        assert score(language, text) < 0
        assert score(language, " ".join(reversed(text.split()))) > 0


def test_a_contrast_reaches_only_its_own_sentence() -> None:
    assert score("en", "Good food. Slow but cheap.") > score("en", "Good food but slow, cheap.")


def test_a_phrase_goes_before_the_words_in_it() -> None:
    assert score("it", "non male") > 0 > score("it", "male")
    assert score("es", "vale la pena") > 0 > score("es", "una pena")
    assert score("en", "best buy") == 0 < score("en", "best")


def test_stronger_and_weaker_words_bend_the_next() -> None:
    lexicon = load_lexicon("sl")
    weaker, plain, stronger = lexicon.score(["malo slabo", "slabo", "zelo slabo"]).negative
    assert weaker < plain < stronger


def test_accents_and_capitals_may_be_left_out() -> None:
    assert score("sl", "POCASI IN SE VEDNO CAKAM") == score("sl", "počasi in še vedno čakam") < 0


def test_signs_speak_in_every_language_and_are_not_negated() -> None:
    assert score("ja", "👍👍") > 0 > score("ja", "😡")
    assert score("it", "non 👍") > 0
    assert score("en", "I got it :D") > 0 > score("en", "I got it :(")


def test_a_language_without_a_file_has_signs_alone() -> None:
    lexicon = load_lexicon("de")
    assert lexicon.stop_words == lexicon.contrasts == frozenset()
    assert lexicon.score(["ausgezeichnet, perfect"]).n_found.tolist() == [0]


def test_a_client_s_own_entries_win_over_ours() -> None:
    assert score("en", "a sick guitar") < 0 < score("en", "a sick guitar", strong_positive=["sick"])
    assert score("it", "lentamente") < 0 < score("it", "lentamente", positive=["lent*"])
    assert score("en", "a cold beer", neutral=["cold"]) == 0
    assert score("fr", "ça n'est plus ça", negative=["N'est plus ça"]) < 0
    assert score("en", "a sick guitar") < 0


def test_a_client_s_entries_that_cannot_be_used_are_named_together() -> None:
    with pytest.raises(DataError) as caught:
        load_lexicon("en", {"lovely": ["x"], "negative": ["...", "slow"]})
    message = str(caught.value)
    assert len(caught.value.faults) == 2
    assert all(part in message for part in ("lovely", "'...'", "strong_positive"))


def test_the_words_that_decided_are_shown_with_what_turned_them_the_largest_first() -> None:
    decided = load_lexicon("it").decided("Il servizio è pessimo, e non è stato utile.")
    assert decided == (("pessimo", -2.0), ("non e stato utile", -1.0))


def test_scores_hang_together() -> None:
    texts = ["ottimo", "pessimo", "ottimo e pessimo", "la casa", "", "non saprei"]
    scores = load_lexicon("it").score(texts)
    assert min(*scores.positive, *scores.negative) >= 0
    assert np.all(np.abs(scores.score) < 1)
    assert np.sign(scores.score).tolist() == [1, -1, 0, 0, 0, -1]
    assert scores.n_found.tolist() == [1, 1, 2, 0, 0, 1]


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
def test_hostile_texts_are_scored_like_any_other(language: str) -> None:
    short = ["", " \n", "!!!", "\ud83d", "😀" * 50, "\u202eevil\u202c", "<script>", "=HYPERLINK(1)", "\x00", "⇿⇾ good"]
    texts = [*short, "a" * 2**20, "no not never " * 80_000]
    scores = load_lexicon(language).score(texts)
    assert np.all(np.isfinite(scores.score))
    assert scores.score[4] > 0.9
    assert [load_lexicon(language).decided(text) for text in texts[:3]] == [(), (), ()]


def test_nothing_to_score_is_no_scores() -> None:
    assert load_lexicon("en").score([]).score.shape == (0,)
