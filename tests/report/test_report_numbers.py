"""Numbers, dates and plurals as the reader writes them."""

from typing import Any

import pytest

from retention_lab.report.render import render_report


def _number(build: Any, headline: str, estimate: float | None) -> list[str]:
    cell = build.ran("headline", build.shown("finding", build.finding(headline=headline, estimate=estimate)))
    page = build.read_html(render_report(build.noted(build.said("# Q"), cell)))
    # The reader of pages puts a space after every element.
    assert headline.replace(" ", "") in page.text.replace(" ", "")
    return [tag.text for tag in page.every("strong")]


@pytest.mark.parametrize(
    ("headline", "estimate", "number"),
    [
        ("Of 100 customers 26.5% leave.", 0.265, ["26.5%"]),
        ("Of 100 customers 27% leave.", 0.2651, ["27%"]),
        ("They leave 4.1 times as fast (14.1 at most).", 4.1, ["4.1"]),
        ("€1,367,000 is at stake.", 1367000, ["€1,367,000"]),
        ("Churn fell by 3.0%.", -0.03, ["3.0%"]),
        ("The 6.5% is part of 26.5%.", 0.065, ["6.5%"]),
        ("Only part of 26.5% or 12,000 or v12.", 0.065, []),
        ("Half leave in 12,000 days.", 12, []),
        ("Nothing to be seen – at all.", float("nan"), []),
        ("Nothing to be seen in 0 groups.", 0.3, []),
        ("No number.", None, []),
    ],
)
def test_the_estimate_is_found_in_its_sentence_and_never_written_anew(
    build: Any, headline: str, estimate: float | None, number: list[str]
) -> None:
    assert _number(build, headline, estimate) == number


def test_the_day_of_the_data_is_written_out(build: Any) -> None:
    page = build.read_html(render_report(build.noted(build.said("# Q"), run=build.recorded())))

    assert page.one("span", class_="as-of").text == "Data up to 31 October 2026"


def test_a_day_that_is_not_known_is_left_out(build: Any) -> None:
    html = render_report(build.noted(build.said("# Q"), run=build.recorded(as_of="")))

    assert "Data up to" not in html


def test_counts_have_separators_and_a_count_that_is_missing_has_no_line(build: Any) -> None:
    shown = [build.shown("finding", build.finding(n_obs=n, method="", definition="")) for n in (1204331, None)]

    html = render_report(build.noted(build.said("# Q"), build.ran("f", *shown)))

    assert "n = 1,204,331" in html
    assert html.count('<p class="basis">') == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        ("", "not set"),
        ([], "not set"),
        (["contract", "payment"], "contract, payment"),
        ({"b": 2, "a": "x"}, "a: x, b: 2"),
        (0.95, "0.95"),
        (1e-05, "0.00001"),
        (20261031, "20261031"),
    ],
)
def test_parameter_values_read_like_words_not_like_code(build: Any, value: object, words: str) -> None:
    cells = [build.said("# Q\n\n## Parameters"), build.ran("parameters", tags=("parameters",), source="")]

    page = build.read_html(render_report(build.noted(*cells, run=build.recorded(parameters={"x": value}))))

    assert page.one("div", **{"class": "table scroll parameters"}).every("td")[0].text == words
