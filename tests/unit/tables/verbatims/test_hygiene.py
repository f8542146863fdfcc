import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.tables.verbatims.hygiene import MOST_CHARACTERS, clean, clean_label


@pytest.mark.parametrize(
    ("raw", "own"),
    [
        (
            "Still no answer.\n\nOn 3 May 2026 at 10:12, Support <s@x.org> wrote:\n> We will call you",
            "Still no answer.",
        ),
        ("Ancora niente.\nIl giorno 3 mag 2026 Assistenza ha scritto:\n> La chiamiamo", "Ancora niente."),
        ("Sigo igual.\nEl mar, 3 may 2026 a las 10:12, Soporte escribió:\n> Le llamamos", "Sigo igual."),
        ("Toujours rien.\nLe 3 mai 2026 à 10:12, Service a écrit :\n> On vous rappelle", "Toujours rien."),
        ("Še vedno nič.\nDne 3. 5. 2026 je Podpora je napisal(a):\n> Poklicali vas bomo", "Še vedno nič."),
        ("It fails again.\n-----Original Message-----\nFrom: Support\nHave you tried", "It fails again."),
        ("Non va.\nDa: Assistenza\nInviato: martedì 3 maggio\nA: me\nOggetto: linea\nProvi a riavviare", "Non va."),
        ("> Is it solved?\nNo, it is not.", "No, it is not."),
        ("On 3 May 2026 Support wrote:\n> Is it solved?\nNo, it is not.", "No, it is not."),
    ],
)
def test_what_others_wrote_is_taken_out_and_told(raw: str, own: str) -> None:
    found = clean(raw)

    assert (found.text, found.quoted) == (own, True)


@pytest.mark.parametrize(
    ("raw", "own"),
    [
        ("La linea cade.\n-- \nMario Rossi\nVia Roma 1", "La linea cade."),
        ("The line drops.\nSent from my iPhone", "The line drops."),
        ("La linea cade.\nInviato da iPhone", "La linea cade."),
        ("Se corta.\nEnviado desde mi móvil", "Se corta."),
        ("Ça coupe.\nEnvoyé de mon iPhone", "Ça coupe."),
        ("Ne dela.\nPoslano z mojega telefona", "Ne dela."),
        ("La linea cade.\nCordiali saluti\nMario Rossi", "La linea cade."),
        ("La linea cade. Distinti saluti, Mario Rossi", "La linea cade."),
        ("Se corta siempre.\nUn saludo,\nAna", "Se corta siempre."),
        ("Ça coupe. Cordialement, Jean Petit", "Ça coupe."),
        ("Ne dela.\nLep pozdrav, Ana", "Ne dela."),
        ("It drops.\nKind regards\nJohn\nSales\n01 234", "It drops."),
    ],
)
def test_signatures_are_taken_off_and_told(raw: str, own: str) -> None:
    found = clean(raw)

    assert (found.text, found.signature) == (own, True)


@pytest.mark.parametrize(
    "text",
    [
        "On your site I wrote: no answer.",
        "Un saludo a todo el equipo, sois geniales",
        "I sent my regards to the shop and they laughed",
        "Non salutano mai, i saluti non costano nulla",
        "Da: sempre il peggior servizio",
        "5 > 3, and the price went up",
        "Saluti, Mario",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    found = clean(text)

    assert (found.text, found.quoted, found.signature) == (text, False, False)


def test_a_postscript_after_a_closing_stays() -> None:
    assert "still broken" in clean("Thanks.\nKind regards\nJohn\nPS: it is still broken").text


def test_codes_of_markup_are_read_once_and_markup_stays_text() -> None:
    assert clean("l&#39;offerta &amp; &lt;b&gt; &amp;lt;").text == "l'offerta & <b> &lt;"
    assert clean('"><img src=x onerror=alert(1)>').text == '"><img src=x onerror=alert(1)>'
    assert clean("<script>alert(1)</script>").text == "<script>alert(1)</script>"
    assert clean('=HYPERLINK("http://x")').text == '=HYPERLINK("http://x")'


def test_what_is_invisible_or_turns_the_text_is_gone() -> None:
    assert clean("a\u202eb\u2066c\u200bd\x00e\x1b[31m\ud800f\ufeff").text == "abcde[31mf"


def test_letters_are_put_together_with_their_accents() -> None:
    assert clean("perche\u0301").text == "perché"


def test_spaces_and_broken_lines_are_joined_and_paragraphs_are_not() -> None:
    assert clean("The  line\tdrops\nevery day.\r\n\r\nPrices rise.").text == "The line drops every day.\nPrices rise."


def test_what_is_too_long_is_cut_and_said() -> None:
    found = clean("word " * 1000)

    assert found.cut
    assert len(found.text) <= MOST_CHARACTERS
    assert not clean("word").cut


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "<",
        "&",
        "\n",
        "> a\n",
        "On 1 ",
        "On 1 wrote\n",
        "Saluti, ",
        "-- ",
        "e\u0301\u0316",
        "\u0301\u0316",
        "--",
        "\ud800",
        "From:\n",
    ],
)
def test_a_comment_of_a_megabyte_takes_no_time(piece: str) -> None:
    started = time.process_time()
    clean(piece * (10**6 // len(piece)))

    assert time.process_time() - started < 2


def test_a_number_of_thousands_of_digits_is_no_character() -> None:
    assert clean("&#" + "9" * 6000 + ";").cut


_ANY = st.text(st.characters() | st.sampled_from("\ud800\udfff\u202e\n>&#;:-"), max_size=200)


@settings(max_examples=200, deadline=None)
@given(_ANY)
def test_no_text_is_too_strange(text: str) -> None:
    found = clean(text).text

    assert found.encode("utf-8").decode("utf-8") == found
    assert "\u202e" not in found


def test_digits_of_other_scripts_are_those_that_a_number_is_told_by() -> None:
    assert clean("tel ３３９ ٤٥٦ ۷۸۹ ५").text == "tel 339 456 789 5"


def test_a_channel_is_called_what_can_be_seen_of_it() -> None:
    assert clean_label("\u202etahc\u200b  a\nb") == "tahc a b"
    assert clean_label("Q&amp;A  café") == "Q&amp;A  café"
