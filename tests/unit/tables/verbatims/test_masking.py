import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retention_lab.tables.verbatims.identifiers import is_card, is_iban
from retention_lab.tables.verbatims.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Scrivetemi a mario.rossi+tim@posta.libero.it, grazie", "Scrivetemi a [email], grazie"),
        ("mon mail: andré.müller@société.fr", "mon mail: [email]"),
        ("ana (at) primer.si", "[email]"),
        ("see https://acme.example/login?user=1&x=2 now", "see [url] now"),
        ("vedi www.acme.it/offerte e acme.it", "vedi [url] e [url]"),
        ("javascript:alert(1)", "[url]"),
        ("@acme_help nobody answers", "[handle] nobody answers"),
        ("IBAN IT60 X054 2811 1010 0000 0123 456 grazie", "IBAN [iban] grazie"),
        ("iban si56.2633.0001.2039.086.", "iban [iban]."),
        ("carta 4111 1111 1111 1111 scad. 12/27", "carta [card] scad. 12/27"),
        ("card 4111-1111-1111-1111", "card [card]"),
        ("cf RSSMRA85T10A562S", "cf [taxid]"),
        ("rss mra 85t10 a562s", "[taxid]"),
        ("Partita IVA 00743110157", "Partita IVA [taxid]"),
        ("DNI 12345678Z, NIE X-1234567-L", "DNI [taxid], NIE [taxid]"),
        ("DNI 12.345.678-Z", "DNI [taxid]"),
        ("dni 12345678-z", "dni [taxid]"),
        ("mario.rossi @ posta.it", "[email]"),
        ("CIF A58818501", "CIF [taxid]"),
        ("sécu 2 55 08 14 168 025 38", "sécu [taxid]"),
        ("EMŠO 0101006500006", "EMŠO [taxid]"),
        ("davčna številka 50223054 in SI50223054", "davčna številka [taxid] in [taxid]"),
        ("chiamate il 339 123 4567 o lo 06 1234567", "chiamate il [phone] o lo [phone]"),
        ("llame al 612 345 678 o 91 234 56 78", "llame al [phone] o [phone]"),
        ("appelez le 06 12 34 56 78", "appelez le [phone]"),
        ("moja številka je 031 123 456", "moja številka je [phone]"),
        ("ring 020 7946 0958", "ring [phone]"),
        ("+39 06 1234567 (0039 06 1234567)", "[phone] ([phone])"),
        ("Tel. 5551234", "Tel. [phone]"),
        ("móvil: 55 12 34", "móvil: [phone]"),
        ("pedido 612345678, llame al 612 345 678", "pedido 612345678, llame al [phone]"),
    ],
)
def test_what_names_somebody_is_masked(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "il 12/05/2026 alle 14:30, il 3.4.2026 e il 2026-10-31 10:30:00",
        "01.02.2026 12:30",
        "ho pagato 1.200.000 EUR, poi 1 234,56 € e 45,90",
        "€ 650.000.000",
        "ordine 1234567890, fattura n. 0612345678",
        "order #612345678 and invoice 2026-000123",
        "naročilo št. 031123456",
        "from 2019 to 2026, 100 Mbit/s, 24/7, 3 x 12 months",
        "un telefono da 1.200 euro, 12 mesi",
        "tracking 1Z999AA10123456784",
        "4111 1111 1111 1112",
        "IT60 X054 2811 1010 0000 0123 457",
        "a 3.5 stars app, e.g. like others; p.s. thanks",
        "due.non mi piace",
    ],
)
def test_dates_amounts_and_order_numbers_survive(text: str) -> None:
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "name", "masked"),
    [
        ("Sono Mario Rossi e non va", "Mario Rossi", "Sono [name] e non va"),
        ("sono mario rossi e non va", "Rossi, Mario", "sono [name] e non va"),
        ("ROSSI MARIO attende", "Mario Rossi", "[name] attende"),
        ("Ciao mario, la linea", "Mario Rossi", "Ciao [name], la linea"),
        ("La rosa che ho ordinato, dice Rosa", "Rosa Bianchi", "La rosa che ho ordinato, dice [name]"),
        ("Soy José Núñez", "Jose Nunez", "Soy [name]"),
        ("me llamo maría de la cruz", "María de la Cruz", "me llamo [name]"),
        ("Javil sem se Novaku in Janezu", "Janez Novak", "Javil sem se [name] in [name]"),
        ("Non funziona niente. mario", "Mario Rossi", "Non funziona niente. [name]"),
        ("l'offerta di Al è ok", "Al Bo", "l'offerta di Al è ok"),
        ("zoltana.geheimnik e ZoltanaGeheimnik85", "Zoltana Geheimnik", "[name] e [name]85"),
        ("Zakrajšku sem rekel, s Primožem Zakrajškom", "Primož Zakrajšek", "[name] sem rekel, s [name]"),
        ("dajte Mariji Novakovi in Marijo", "Marija Novak", "dajte [name] in [name]"),
        ("z Markom in pri Marku, gospodu novaku", "Marko Novak", "z [name] in pri [name], gospodu [name]"),
        ("Anni fa. Marca pessima, la marca di Anna", "Anna Marco", "Anni fa. Marca pessima, la marca di [name]"),
        ("Marioneta y Rossini", "Mario Rossi", "Marioneta y Rossini"),
    ],
)
def test_the_customers_own_name_is_masked_and_common_words_are_not(text: str, name: str, masked: str) -> None:
    assert mask(text, name).text == masked


def test_the_customers_own_id_is_masked_and_a_short_number_is_not() -> None:
    assert mask("cliente a-0011188, A-00111889", "", "A-0011188").text == "cliente [name], A-00111889"
    assert mask("sono il 1234 da 1234 giorni", "", "1234").text == "sono il 1234 da 1234 giorni"
    assert mask("la linea cade", "", "linea").text == "la linea cade"


def test_what_was_masked_is_counted_by_kind() -> None:
    found = mask("a@b.it, c@d.it e 339 123 4567")

    assert found.counts == {"email": 2, "phone": 1}
    assert mask("niente").counts == {}


_AROUND = st.text(st.sampled_from("abcèžñ ,.;:!?-()/1290\n"), max_size=30)
_LOCAL = st.from_regex(r"[a-z0-9čéñ]([a-z0-9._+-]{0,20}[a-z0-9])?", fullmatch=True)
_DOMAIN = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.(it|es|fr|si|com|co\.uk|museum)", fullmatch=True)


@settings(max_examples=300, deadline=None)
@given(_AROUND, _LOCAL, _DOMAIN, _AROUND)
def test_no_address_is_left(before: str, local: str, domain: str, after: str) -> None:
    address = f"{local}@{domain}"

    assert address not in mask(f"{before} {address} {after}").text


@settings(max_examples=300, deadline=None)
@given(_AROUND, st.from_regex(r"[0-9]{10}[A-Z0-9]{12}", fullmatch=True), st.sampled_from(["", " ", ".", "-"]), _AROUND)
def test_no_account_is_left(before: str, own: str, between: str, after: str) -> None:
    bare = f"IT00A{own}"
    number = int("".join(str(int(sign, 36)) for sign in bare[4:] + "IT00"))
    bare = f"IT{98 - number % 97:02}{bare[4:]}"
    assume(is_iban(bare))
    written = between.join(bare[place : place + 4] for place in range(0, len(bare), 4))

    assert written not in mask(f"{before} {written}, {after}").text


@settings(max_examples=300, deadline=None)
@given(_AROUND, st.from_regex(r"4[0-9]{14}", fullmatch=True), st.sampled_from(["", " ", ".", "-"]), _AROUND)
def test_no_card_is_left(before: str, own: str, between: str, after: str) -> None:
    bare = next(own + digit for digit in "0123456789" if is_card(own + digit))
    written = between.join(bare[place : place + 4] for place in range(0, 16, 4))

    assert written not in mask(f"{before} {written} {after}").text


_PIECES = st.sampled_from(
    ["339 123 4567 ", "a@b.it ", "Mario ", "tel ", "mario rossi ", "IT60X0542811101000000123456", "4111 1111 1111 1111",
     "@x_y ", "www.a.it/", "+39", " 06 ", "[", "]", "(", "12345678Z", "1", "0", ".", " ", "de ", "name", "email", "\n"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=15).map("".join))
def test_to_mask_again_changes_nothing(text: str) -> None:
    once = mask(text, "Mario de Rossi").text

    assert mask(once, "Mario de Rossi").text == once


def test_a_customer_called_like_a_mask_leaves_masks_as_they_are() -> None:
    assert mask("[email] EMAIL", "Email Card").text == "[email] [name]"


@pytest.mark.parametrize(
    "piece", ["1 ", "1-", "a@", "a.", "+1 ", "[at] ", "tel 1 ", "A1", "Mario ", "www.", "x@x.", "0 "]
)
def test_hostile_texts_take_no_time(piece: str) -> None:
    started = time.process_time()
    mask(piece * (20_000 // len(piece)), "Mario Rossi")

    assert time.process_time() - started < 3
