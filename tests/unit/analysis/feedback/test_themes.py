"""Themes: the files keep to their form, sentences find their themes, and a client's own words add to ours."""

import pytest

from retention_lab.analysis.feedback.entries import LANGUAGES, entries_of, spelled
from retention_lab.analysis.feedback.themes import (
    CONTRASTS,
    NO_THEME,
    THEMES,
    find_themes,
    load_themes,
    split_sentences,
    theme_names,
)
from retention_lab.errors import DataError

INTENTS = ("negations", "complaint", "not_complaint", "leaving", "not_leaving")


def themes_of(sentence: str, language: str) -> set[str]:
    (row,) = find_themes([sentence], language)
    return {theme for theme, is_found in zip(THEMES, row, strict=True) if is_found}


@pytest.mark.parametrize("kind", ["themes", "intents"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_has_every_section_and_no_entry_that_can_never_be_found(language: str, kind: str) -> None:
    sections = entries_of(kind, language)
    assert set(sections) == ({*THEMES, NO_THEME} if kind == "themes" else set(INTENTS))
    for section, entries in sections.items():
        assert all(isinstance(entry, str) for entry in entries), f"{section}: quote what YAML reads as yes or no"
        assert spelled(entries, section) == entries
        assert len(set(entries)) == len(entries), section
        stems = [part for entry in entries for part in entry.split() if part.endswith("*") and part != "*"]
        assert not [stem for stem in stems if len(stem) < 3], f"{section}: a stem that is too short finds anything"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_theme_has_enough_words_to_be_found(language: str) -> None:
    sections = entries_of("themes", language)
    assert all(len(sections[theme]) >= 25 for theme in THEMES)


@pytest.mark.parametrize(
    ("language", "sentence", "themes"),
    [
        ("en", "The invoice was wrong and nobody answers the phone", {"price", "waiting"}),
        ("en", "The courier left the parcel in the rain", {"delivery"}),
        ("en", "Not great", set()),
        ("en", "Great", {"praise"}),
        ("it", "La bolletta è aumentata ancora", {"price"}),
        ("it", "Il personale è gentilissimo", {"staff"}),
        ("it", "Non lo consiglio", set()),
        ("it", "L'app non si apre", {"app"}),
        ("es", "Llevo tres días sin internet", {"outage"}),
        ("es", "Nadie contesta al teléfono", {"waiting"}),
        ("es", "Sin embargo, todo igual", set()),
        ("fr", "Je n'ai toujours pas reçu mon colis", {"delivery"}),
        ("fr", "Le conseiller était très aimable", {"staff"}),
        ("fr", "J'attends mon remboursement", {"waiting", "refund"}),
        ("sl", "Položnica je spet višja", {"price"}),
        ("sl", "Aplikacija se sesuva", {"app"}),
        ("sl", "Delite moje osebne podatke", {"privacy"}),
        ("sl", "Prodajalka je bila prijazna", {"staff"}),
        ("sl", "Že leta zbiram točke zvestobe", {"loyalty"}),
    ],
)
def test_a_sentence_finds_its_themes(language: str, sentence: str, themes: set[str]) -> None:
    assert themes_of(sentence, language) == themes


def test_case_and_accents_do_not_matter() -> None:
    assert themes_of("POLOZNICA", "sl") == themes_of("Položnica", "sl") == {"price"}


def test_a_clients_words_add_to_ours_and_never_hide_them() -> None:
    own = {"en": {"roaming": ["roaming", "wi-fi calling"], "price": ["top-up*"]}, "it": {"estero": ["all'estero"]}}
    names = theme_names(own)
    assert names == (*THEMES, "roaming", "estero")
    sentences = ["My bill for roaming", "wi-fi calling", "the top-ups are dear", "l'estero"]
    found = load_themes("en", own).find(sentences)
    assert [{names[place] for place in row.nonzero()[0]} for row in found] == [
        {"price", "roaming"},
        {"outage", "roaming"},
        {"price"},
        set(),
    ]
    italian = load_themes("it", own)
    assert italian.themes == names
    assert italian.find(["Chiamo dall'estero", "chiamo all'estero"])[:, names.index("estero")].tolist() == [False, True]


def test_a_clients_entries_that_can_never_be_found_are_told_together() -> None:
    with pytest.raises(DataError) as error:
        find_themes(["x"], "en", {"en": {"noise": ["...", "* back", "fine"]}})
    assert [fault.found for fault in error.value.faults] == [
        "'...' can never be found",
        "'* back' can never be found",
    ]


def test_a_language_that_we_have_no_words_for_has_the_clients_themes_only() -> None:
    assert not find_themes(["Der Preis ist zu hoch"], "de").any()
    assert find_themes(["Der Preis ist zu hoch"], "de", {"de": {"price": ["preis*"]}})[0].nonzero()[0].tolist() == [0]
    assert not find_themes(["x"], "../../secrets").any()


def test_a_contrast_after_a_comma_or_dash_begins_another_part() -> None:
    assert split_sentences("Camera bella, però cara. Torno", CONTRASTS["it"]) == ["Camera bella", "però cara.", "Torno"]
    assert split_sentences("Hitro - vendar drago", CONTRASTS["sl"]) == ["Hitro", "vendar drago"]
    assert split_sentences("Dobro, a drago", CONTRASTS["sl"]) == ["Dobro", "a drago"]
    assert split_sentences("Nice, a bit dear", CONTRASTS["en"]) == ["Nice, a bit dear"]
    assert split_sentences(", but", CONTRASTS["en"]) == ["but"]


@pytest.mark.parametrize("text", ["", "😀😀", "\ud800 bill \udfff", "<script>", "‮=HYPERLINK(1)", ", but " * 50_000])
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_texts_are_read_as_any_other(language: str, text: str) -> None:
    parts = split_sentences(text, CONTRASTS[language])
    assert find_themes(parts, language).shape == (len(parts), len(THEMES))
