"""Charts of what customers say: what they draw, what they say to those who do not see them, and the empty ones."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from feedback_results import bare, estimate, moods, point, score, scores, topic, topics, unknown

from retention_lab.analysis.feedback.mood_study import MoodPoint
from retention_lab.analysis.feedback.topics import Topic
from retention_lab.text import Text
from retention_lab.views.display import Chart
from retention_lab.views.feedback import plot_scores, plot_topics, plot_unhappy
from retention_lab.views.theme import ACCENT, PALETTE

TEXT = Text("en", "EUR")
MOST_BYTES = 80_000
RISES = {"change": estimate(0.06), "pvalue": 0.001}
ODD = ("$price $2", "<script>alert(1)</script>", "😀", "שירות", "a_very_long_name_of_the_clients_own_making")


def drawn(chart: Chart | None) -> str:
    """A chart as SVG, fit to be shown."""
    assert chart is not None
    svg = chart.to_svg()
    assert len(svg) < MOST_BYTES
    for words in (chart.alt, chart.caption):
        assert not re.search(r"\bnan\b|None|  |[{}]|\.\.", words), words
    assert re.search(r"\d", chart.alt)
    return svg


def of_points(*points: MoodPoint) -> Chart:
    return plot_unhappy(moods(points=points), TEXT)


def lines(chart: Chart, at: int = 0) -> list[tuple[list[float], list[float], Any]]:
    return [
        (np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist(), line.get_color())
        for line in chart.figure.axes[at].lines
    ]


def places_of_names(chart: Chart) -> dict[str, tuple[float, float]]:
    """From where to where the name of each line reaches, in pixels from the bottom."""
    chart.to_svg()
    axes = chart.figure.axes[0]
    boxes = {item.get_text().split("\n")[0]: item.get_window_extent() for item in axes.texts}
    return {name: (box.y0, box.y1) for name, box in boxes.items()}


def test_the_corrected_share_is_drawn_beside_the_plain_count() -> None:
    chart = plot_unhappy(moods(), TEXT)
    drawn(chart)
    (_, naive, dashed), (_, share, solid) = lines(chart)

    assert naive == pytest.approx([0.18 + 0.01 * month for month in range(1, 11)])
    assert share == pytest.approx([0.2 + 0.01 * month for month in range(1, 11)])
    assert (dashed, solid) == (PALETTE[1], ACCENT)
    assert chart.alt == (
        "From 21.0% in the span that begins on 1 January 2026 to 30.0% in the one that ends on 31 October 2026, over "
        "10 points."
    )
    assert "with 95% intervals" in chart.caption


@pytest.mark.parametrize(("n", "counted"), [(0, "0 points could be drawn."), (1, "1 point could be drawn.")])
def test_one_point_is_no_line_over_time(n: int, counted: str) -> None:
    chart = of_points(*[point(1)][:n])

    assert "There are too few comments, or too few labels" in drawn(chart)
    assert chart.alt.endswith(counted)


@pytest.mark.parametrize(("share", "naive"), [(0.3, 0.3), (0.0, 0.0), (1.0, 1.0), (0.31, 0.3), (0.02, 0.0), (0.9, 0.1)])
def test_names_of_lines_never_stand_on_each_other_or_on_the_months(share: float, naive: float) -> None:
    chart = of_points(*[point(month, share, naive, 0.01) for month in range(1, 11)])
    places = places_of_names(chart)
    (first_low, first_high), (second_low, second_high) = places["corrected"], places["predictions"]

    drawn(chart)
    assert first_high <= second_low or second_high <= first_low
    assert min(first_low, second_low) >= chart.figure.axes[0].get_window_extent().y0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_axis_of_shares_stays_between_nought_and_one(share: float) -> None:
    bottom, top = of_points(*[point(month, share, share) for month in (1, 2)]).figure.axes[0].get_ylim()

    assert bottom == 0
    assert top <= 1


def test_themes_are_drawn_in_their_order_and_what_rises_in_another_colour() -> None:
    chart = plot_topics(topics(topic("price", 0.3, **RISES), topic("praise", 0.2, **RISES), topic("app", 0.1)), TEXT)
    drawn(chart)
    names, left = names_of(chart), [line for line in lines(chart) if len(line[0]) == 2]

    assert names == ["Price and billing", "Praise", "App and site"]
    assert [round(share[0], 2) for share, _, _ in left] == [0.28, 0.18, 0.08]
    assert [colour for _, _, colour in left] == [PALETTE[1], ACCENT, ACCENT]
    assert [height[0] for _, height, _ in left] == [2, 1, 0]
    assert chart.alt == "price and billing 30.0%, praise 20.0% and app and site 10.0%."
    assert "Orange: comes up more often than before." in chart.caption


def names_of(chart: Chart) -> list[str]:
    return [label.get_text() for label in chart.figure.axes[0].get_yticklabels()]


def test_nothing_is_said_of_a_colour_that_is_not_there() -> None:
    assert "Orange" not in plot_topics(topics(topic()), TEXT).caption
    assert "Orange" not in plot_topics(topics(topic("praise", **RISES)), TEXT).caption


@pytest.mark.parametrize("some", [(), (topic(share=unknown()),)])
def test_without_themes_there_is_a_sentence(some: tuple[Topic, ...]) -> None:
    chart = plot_topics(topics(*some), TEXT)

    assert "No theme was found often enough to draw." in drawn(chart)
    assert chart.alt.endswith("0 themes were found.")


def test_one_theme_is_enough_for_a_chart() -> None:
    assert "Price and billing" in drawn(plot_topics(topics(topic()), TEXT))


def test_shares_of_nought_and_one_are_drawn_whole_and_without_an_interval() -> None:
    chart = plot_topics(topics(topic(share=bare(1.0), unhappy=bare(0.0))), TEXT)
    drawn(chart)

    for panel, value in enumerate([1.0, 0.0]):
        (dot,) = chart.figure.axes[panel].lines
        assert list(dot.get_xdata()) == [value]
        assert not dot.get_clip_on()
        assert chart.figure.axes[panel].get_xlim()[1] <= 1


def test_a_mood_that_is_not_known_leaves_its_row_empty() -> None:
    chart = plot_topics(topics(topic(unhappy=unknown()), topic("app")), TEXT)

    drawn(chart)
    assert [place for _, (place, *_), _ in lines(chart, 1)] == [0, 0]


def test_of_very_many_themes_the_most_frequent_are_drawn_and_the_rest_counted() -> None:
    many = plot_topics(topics(*(topic(f"own_theme_{place:02d}", 0.5 - 0.01 * place) for place in range(40))), TEXT)

    drawn(many)
    assert names_of(many) == [f"Own theme {place:02d}" for place in range(18)]
    assert "18 of 40 themes are drawn." in many.caption
    assert "are drawn" not in plot_topics(topics(topic()), TEXT).caption


def test_names_of_the_clients_own_are_letters_and_nothing_else() -> None:
    svg = drawn(plot_topics(topics(*(topic(name) for name in ODD)), TEXT))

    assert "$price $2" in svg
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert "😀" in svg
    assert "שירות" in svg
    assert "A very long name of the c…" in svg


def test_scores_have_a_panel_each_and_shares_end_at_a_hundred() -> None:
    chart = plot_scores(scores(score("nps", 28.0), score("csat", 0.6), score("ces", 0.97)), TEXT)
    drawn(chart)
    assert chart is not None
    panels = chart.figure.axes

    assert [axes.get_title(loc="left") for axes in panels] == ["NPS", "CSAT", "CES"]
    assert panels[2].get_ylim()[1] <= 1
    assert panels[0].get_ylim()[1] > 28
    assert chart.alt == "NPS 28, CSAT 60% and CES 97%."


def test_of_more_than_three_scores_the_rest_is_counted() -> None:
    chart = plot_scores(scores(*(score(question=f"Question {place}") for place in range(5))), TEXT)

    drawn(chart)
    assert chart is not None
    assert len(chart.figure.axes) == 3
    assert chart.caption.endswith("Months with fewer than 30 answers are not drawn. 3 of 5 scores are drawn.")


@pytest.mark.parametrize("n_months", [0, 1])
def test_without_two_months_there_is_no_chart(n_months: int) -> None:
    assert plot_scores(scores(replace(score(), months=score().months[:n_months])), TEXT) is None
    assert plot_scores(scores(), TEXT) is None


def test_months_that_are_not_known_are_left_out() -> None:
    months = [replace(month, score=unknown()) if place == 3 else month for place, month in enumerate(score().months)]
    chart = plot_scores(scores(replace(score(), months=tuple(months))), TEXT)

    drawn(chart)
    assert chart is not None
    assert len(lines(chart)[0][0]) == 9


@pytest.mark.parametrize("question", [*ODD, "x" * 300])
def test_a_question_is_shown_as_it_was_asked_and_fits_above_its_panel(question: str) -> None:
    chart = plot_scores(scores(score(question=question)), TEXT)

    assert "<script" not in drawn(chart)
    assert chart is not None
    title = chart.figure.axes[0].get_title(loc="left")
    assert title.startswith(f"CSAT, “{question[:40]}")
    assert chart.figure.axes[0]._left_title.get_window_extent().x1 <= chart.figure.bbox.x1  # type: ignore[attr-defined]


def test_the_same_results_give_the_same_bytes() -> None:
    assert plot_topics(topics(topic()), TEXT).to_svg() == plot_topics(topics(topic()), TEXT).to_svg()
    assert plot_unhappy(moods(), TEXT).to_svg() == plot_unhappy(moods(), TEXT).to_svg()
