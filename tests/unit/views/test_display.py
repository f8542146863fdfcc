import json
import re
from html import escape

import pytest
from matplotlib.figure import Figure

from retention_lab.errors import PlaybookError
from retention_lab.findings.finding import MIME
from retention_lab.views.display import Chart, Table
from retention_lab.views.theme import themed_axes


def figure() -> Figure:
    with themed_axes() as (drawn, axes):
        axes.plot([0, 1, 2.123456789], [1, 0.5, 0.25])
        axes.set_title("Fifty <b>percent</b>")
    return drawn


@pytest.mark.parametrize("alt", ["", "  ", "A curve that falls."])
def test_a_chart_without_a_number_in_its_alternative_text_is_refused(alt: str) -> None:
    with pytest.raises(PlaybookError, match="alternative text"):
        Chart(figure(), "Who stays", alt)


def test_a_chart_without_a_caption_is_refused() -> None:
    with pytest.raises(PlaybookError, match="caption"):
        Chart(figure(), " ", "Half are left after 1 year.")


def test_the_same_figure_gives_the_same_drawing_without_dates_or_scripts() -> None:
    first, second = (Chart(figure(), "Who stays", "25% are left at 2.").to_svg() for _ in range(2))

    assert first == second
    assert not re.search(r"<dc:date>|<script|matplotlib v", first)


def test_a_chart_looks_the_same_when_it_is_shown_again() -> None:
    chart = Chart(figure(), "Who stays", "25% are left at 2.")

    assert chart.to_svg() == chart.to_svg()


def test_text_in_a_drawing_stays_text_and_is_escaped() -> None:
    drawing = Chart(figure(), "Who stays", "25% are left at 2.").to_svg()

    assert "Fifty &lt;b&gt;percent&lt;/b&gt;" in drawing


def test_a_chart_offers_a_drawing_to_any_front_end_and_its_words_to_those_who_do_not_see() -> None:
    shown = Chart(figure(), "Who stays", "25% are left at 2.")._repr_mimebundle_()

    assert shown[MIME] == {
        "kind": "chart", "schema": 1, "data": {"caption": "Who stays", "alt": "25% are left at 2."}
    }  # fmt: skip
    assert shown["text/plain"] == "25% are left at 2."
    assert shown["image/svg+xml"].count("<svg") == 1


def test_a_table_is_text_for_the_report_and_escaped_for_a_notebook() -> None:
    table = Table(caption="Groups", columns=("Group", "Here"), align=("left", "right"), rows=(("<i>North</i>", "10"),))

    shown = table._repr_mimebundle_()

    assert json.loads(json.dumps(shown[MIME]))["data"]["rows"] == [["<i>North</i>", "10"]]
    assert "&lt;i&gt;North&lt;/i&gt;" in shown["text/html"]


def test_numbers_in_words_keep_their_digits_and_those_of_the_drawing_do_not() -> None:
    with themed_axes() as (drawn, axes):
        axes.plot([0, 1, 2.123456789], [1, 0.5, 0.25])
        axes.set_title("€10.00 a month, 0.125 of it")

    drawing = Chart(drawn, "Who stays", "25% are left at 2.").to_svg()

    assert "€10.00 a month, 0.125 of it" in drawing
    assert not re.search(r"\d\.\d{2}", re.sub(r">[^<]*<", "><", drawing))


@pytest.mark.parametrize("name", ["\N{WRAPPED PRESENT} free month", "€5 or $5 off, $10 later", "2_for_$1 & $2^3"])
def test_names_are_drawn_as_they_are_whatever_letters_and_signs_they_have(name: str) -> None:
    with themed_axes() as (drawn, axes):
        axes.set_yticks([0, 1], ["hold_out", name])

    drawing = Chart(drawn, "Who stays", "25% are left at 2.").to_svg()

    assert f">{escape(name, quote=False)}</text>" in drawing
