"""Names as people and systems write them, and the ideas in them."""

import pytest

from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import words_of


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("customerID", ("customer", "id")),
        ("CLIENTNUM", ("client", "num")),
        ("KundenNr", ("kunden", "nr")),
        ("order_purchase_timestamp", ("order", "purchase", "timestamp")),
        ("date de résiliation", ("date", "resiliation")),
        ("data_di_attivazione", ("data", "attivazione")),
        ("šifra_stranke", ("sifra", "stranke")),
        ("retention_7", ("retention",)),
        ("Sign-up date", ("sign up", "date")),
        ("invoiceno", ("invoice", "no")),
        ("OnlineSecurity", ("online", "security")),
        ("Effective To Date", ("effective to", "date")),
        ("at", ("at",)),
        ("", ()),
        ('"; drop table', ("drop", "table")),
    ],
)
def test_a_name_is_taken_apart_as_a_reader_would(name: str, tokens: tuple[str, ...]) -> None:
    assert words_of(name).tokens == tokens


def test_one_idea_in_all_languages() -> None:
    for name in ("customer_id", "codice_cliente", "número de cliente", "identifiant client", "številka stranke"):
        assert words_of(name).has("customer"), name
        assert words_of(name).has("id"), name


def test_the_vocabulary_names_every_canonical_column_and_no_other() -> None:
    for table, columns in CONTRACT.items():
        assert set(vocabulary().tables[table].columns) == {column.name for column in columns}, table


def test_every_canonical_column_can_be_called_something() -> None:
    for table, words in vocabulary().tables.items():
        for name, column in words.columns.items():
            assert column.phrases, f"{table}.{name}"


def test_phrases_are_made_of_ideas_or_of_words_that_a_name_can_have() -> None:
    ideas = set().union(*vocabulary().ideas.values())
    for table, words in vocabulary().tables.items():
        for name, column in words.columns.items():
            for phrase in (*(phrase for phrase, _ in column.phrases), *column.against):
                for part in phrase:
                    known = part in ideas or part in words_of(part).ideas[0]
                    assert known, f"{table}.{name}: {part}"
