import pandas as pd
import pytest
from py3langid.langid import LanguageIdentifier

from retention_lab.analysis.feedback.languages import MODEL, find_languages
from retention_lab.tables.feedback_file import LANGUAGE_CODES

FIVE = ["en", "it", "es", "fr", "sl"]
TEXTS = {
    "en": "The line drops every evening and nobody ever calls me back.",
    "it": "La linea cade ogni sera e nessuno mi richiama mai.",
    "es": "La línea se corta cada noche y nadie me devuelve la llamada.",
    "fr": "La ligne coupe tous les soirs et personne ne me rappelle.",
    "sl": "Povezava se prekine vsak večer in nihče me ne pokliče nazaj.",
}


def comments(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["text", "said_language", "customer_id"])


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_a_comment_is_read(language: str, text: str) -> None:
    found = find_languages(comments((text, "", None), (text.upper(), "", None)), FIVE)

    assert found.language.tolist() == [language, language]
    assert found.how.tolist() == ["read", "read"]


def test_what_the_export_says_counts_and_where_it_is_wrong_is_counted() -> None:
    found = find_languages(comments((TEXTS["it"], "es", None), (TEXTS["it"], "it", None), ("Ok", "fr", None)), FIVE)

    assert found.language.tolist() == ["es", "it", "fr"]
    assert found.how.tolist() == ["said"] * 3
    assert (found.contradicted, found.n_compared) == (0.5, 2)


def test_a_language_that_is_not_declared_is_not_believed() -> None:
    assert find_languages(comments((TEXTS["it"], "de", None)), FIVE).language.tolist() == ["it"]


def test_a_short_comment_takes_the_language_of_its_customer() -> None:
    rows = comments((TEXTS["sl"], "", "C1"), ("ok", "", "C1"), ("ok", "", "C2"), ("ok", "", None))
    found = find_languages(rows, FIVE)

    assert found.language.tolist() == ["sl", "sl", "", ""]
    assert found.how.tolist() == ["read", "customer", "undetermined", "undetermined"]
    assert found.shares == {"said": 0, "read": 0.25, "customer": 0.25, "only": 0, "undetermined": 0.5}


def test_of_two_languages_that_a_customer_writes_as_often_none_is_taken() -> None:
    rows = comments((TEXTS["sl"], "", "C1"), (TEXTS["it"], "", "C1"), ("ok", "", "C1"))

    assert find_languages(rows, FIVE).language[2] == ""


def test_where_one_language_is_declared_all_are_in_it() -> None:
    found = find_languages(comments((TEXTS["it"], "fr", None), ("👍", "", None)), ["sl"])

    assert found.language.tolist() == ["sl", "sl"]
    assert found.how.tolist() == ["only", "only"]
    assert found.contradicted is None


def test_masks_do_not_read_as_english() -> None:
    text = "[email] [phone] [name] [handle] [url] non va"

    assert find_languages(comments((text, "", None)), FIVE).language.tolist() == [""]


def test_strange_texts_are_read_or_left_undetermined() -> None:
    strange = ["🔥" * 100, "<script>alert(1)</script>", "x" * 2000, "", "Ωραίο 很好 отлично ممتاز 좋아요 देश " * 5]
    found = find_languages(comments(*((text, "", None) for text in strange)), FIVE)

    assert set(found.language) <= {"", *FIVE}
    assert len(found.how) == len(strange)


def test_no_comments_have_no_language() -> None:
    found = find_languages(comments(), FIVE)

    assert len(found.language) == 0
    assert sum(found.shares.values()) == 0


def test_the_codes_that_can_be_declared_are_those_that_the_reader_knows() -> None:
    labels = LanguageIdentifier.from_model_file(MODEL).labels

    assert {label for label in labels if len(label) == 2} == LANGUAGE_CODES
