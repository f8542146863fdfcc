from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retention_lab.tables.client_file import load_client_file

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]


def test_without_a_word_about_it_five_languages_are_expected(write_client: Write) -> None:
    found = load_client_file(write_client("ID,Start,End\n")).feedback

    assert found.languages == ["en", "it", "es", "fr", "sl"]
    assert found.scores == {}


def test_the_clients_own_words_are_read(write_client: Write) -> None:
    section = {
        "languages": ["it", "hr"],
        "scores": {"Would you recommend us?": "nps"},
        "lexicon": {"it": {"negative": ["scados*"], "neutral": ["rete"]}},
        "themes": {"it": {"router": ["modem*"]}},
        "complaints": {"it": ["associazione consumatori"]},
        "leaving": {"it": ["passo a"]},
    }
    found = load_client_file(write_client("ID,Start,End\n", top={"feedback": section})).feedback

    assert found.model_dump() == section


@pytest.mark.parametrize(
    ("section", "parts"),
    [
        ({"langauges": ["it"]}, ["feedback.langauges", "did you mean languages?"]),
        ({"languages": ["si"]}, ["feedback.languages.0", "'si'", "did you mean sl?"]),
        ({"languages": ["ita"]}, ["did you mean it?"]),
        ({"languages": ["it", "it"]}, ["it is there 2 times"]),
        ({"languages": []}, ["1 or more"]),
        ({"languages": [False]}, ["in quotes"]),
        ({"scores": {"q": "npss"}}, ["feedback.scores.q", "did you mean nps?"]),
        ({"lexicon": {"it": {"negatve": ["x"]}}}, ["feedback.lexicon.it", "did you mean negative?"]),
        ({"leaving": {"it": ["!!"]}}, ["feedback.leaving.it", "'!!' has no letter"]),
        ({"themes": {"it": {"router": "modem"}}}, ["feedback.themes.it.router"]),
    ],
)
def test_a_fault_says_what_is_allowed(
    section: dict[str, Any], parts: list[str], write_client: Write, told: Told
) -> None:
    message = told(lambda: load_client_file(write_client("ID,Start,End\n", top={"feedback": section})))

    for part in parts:
        assert part in message
