"""What a stakeholder meets first, and what comes after."""

from typing import Any

import pytest
from nbformat import NotebookNode

from retention_lab.errors import PlaybookError
from retention_lab.report.render import render_report


def test_the_answers_the_lead_chart_and_the_comment_come_before_the_contents(notebook: NotebookNode) -> None:
    html = render_report(notebook)

    header = ["Acme Telecom</span>", "31 October 2026</span>", "Who leaves us, and when?</h1>"]
    first = ['class="answers"', "The lead curve.", "Comment by your consultant"]
    rest = [">Contents<", ">The question</h2>", ">Method and limits</h2>", "<footer"]
    places = [html.index(mark) for mark in header + first + rest]
    assert places == sorted(places)


def test_headline_and_lead_chart_are_moved_and_not_repeated(notebook: NotebookNode, build: Any) -> None:
    page = build.read_html(render_report(notebook))

    captions = [caption.text for caption in page.every("figcaption")]
    findings = [tag.attrs["data-finding"] for tag in page.every() if "data-finding" in tag.attrs]
    assert captions == ["The lead curve.", "The curve by plan."]
    assert findings == ["churn.survival", "churn.group.plan", "churn.driver.plan"]


def test_sections_keep_the_order_of_the_notebook_and_the_appendix_is_last(notebook: NotebookNode, build: Any) -> None:
    page = build.read_html(render_report(notebook))

    sections = page.one("div", class_="sections")
    assert [heading.text for heading in sections.every("h2")] == [
        "The question",
        "Parameters",
        "The data",
        "What we see",
        "How sure we are",
        "What to do",
        "Method and limits",
        "Appendix",
    ]
    assert "Every group." in page.one("section", id="appendix").text


def test_every_entry_of_the_contents_leads_somewhere(notebook: NotebookNode, build: Any) -> None:
    page = build.read_html(render_report(notebook))

    targets = {tag.attrs["id"] for tag in page.every() if "id" in tag.attrs}
    links = [str(link.attrs["href"]) for link in page.every("nav")[0].every("a")]
    assert len(links) == 9
    assert {link.removeprefix("#") for link in links} <= targets


def test_code_console_output_errors_and_foreign_outputs_are_not_shown(notebook: NotebookNode) -> None:
    html = render_report(notebook)

    for hidden in ("show()", "noise on the console", "boom", "a frame", "plain text twin", "horizon_days = 365"):
        assert hidden not in html


def test_a_code_sample_with_a_hash_in_prose_opens_no_section(build: Any) -> None:
    notebook = build.noted(build.said("# Q\n\n## One\n\n```\n## not a heading\n```\n\n## Two\n\nx"))

    page = build.read_html(render_report(notebook))

    assert [heading.text for heading in page.one("div", class_="sections").every("h2")] == ["One", "Two"]


def test_odd_line_ends_do_not_cut_a_section_in_the_wrong_place(build: Any) -> None:
    notebook = build.noted(build.said("# Q\r\n\r\n## One\r\n\r\na\x0cb\u2028c\r\n\r\n## Two\r\n\r\nlast words"))

    one, two = build.read_html(render_report(notebook)).one("div", class_="sections").every("section")

    assert (one.text, two.text) == ("One a b c", "Two last words")


def test_parameters_show_the_value_that_was_used_and_the_default_it_replaced(
    notebook: NotebookNode, build: Any
) -> None:
    page = build.read_html(render_report(notebook))

    table = page.one("div", **{"class": "table scroll parameters"})
    rows = [[cell.text for cell in row.every("th", "td")] for row in table.every("tr")[1:]]
    assert rows == [
        ["client", "acme default: demo", "folder of the client"],
        ["horizon_ days", "365 default: 90", "how far ahead we look"],
    ]


def test_plain_papermill_says_that_provenance_was_not_recorded_and_still_knows_the_parameters(build: Any) -> None:
    notebook = build.noted(
        build.said("# Q\n\n## Parameters"),
        build.ran("parameters", tags=("parameters",), source='client: str = "demo"'),
    )
    notebook.metadata["papermill"] = {"parameters": {"client": "acme"}, "start_time": "2026-11-01T10:11:12"}

    html = render_report(notebook)

    assert "Provenance was not recorded." in html
    assert ">acme</span>" in html
    assert "10:11" not in html


def test_provenance_names_the_run_the_playbook_the_versions_and_the_inputs(notebook: NotebookNode, build: Any) -> None:
    footer = build.read_html(render_report(notebook)).one("footer", id="provenance").text

    for fact in ("churn-survival-4f21aa", "9f86d081884c", "retention-lab 0.1.0, lifelines 0.30.3, python 3.11.9"):
        assert fact in footer
    assert "customers customers.csv 7,061 7,043 17 rows: duplicate id 1 row: negative tenure e3b0c44298fc" in footer


def test_a_bundle_that_cannot_be_read_names_its_cell(build: Any) -> None:
    notebook = build.noted(build.said("# Q"), build.ran("by-plan", build.shown("pie", {})))

    with pytest.raises(PlaybookError, match=r"by-plan.*'pie'"):
        render_report(notebook)


def test_an_unknown_verdict_is_refused_rather_than_shown_without_a_badge(build: Any) -> None:
    notebook = build.noted(build.ran("by-plan", build.shown("finding", build.finding(verdict="great"))))

    with pytest.raises(PlaybookError, match="'great'"):
        render_report(notebook)


def test_caveats_of_a_headline_are_said_once_after_the_lead_chart(notebook: NotebookNode, build: Any) -> None:
    html = render_report(notebook)
    care = build.read_html(html).one("section", class_="margin care")

    assert care.text.count("Few were seen for two years.") == 1
    assert care.text.count("Left means that the contract ended.") == 1
    assert html.index("The lead curve.") < html.index(">Keep in mind<") < html.index(">Contents<")


def test_prose_of_the_appendix_that_announces_nothing_is_left_out(build: Any) -> None:
    notebook = build.noted(
        build.said("# Q"),
        build.said("Silence, drawn.", tags=("appendix",)),
        build.ran("silence", tags=("appendix",)),
        build.said("All rows.", tags=("appendix",)),
        build.ran("all-rows", build.tabled("Every group."), tags=("appendix",)),
    )

    appendix = build.read_html(render_report(notebook)).one("section", id="appendix").text

    assert "Silence, drawn." not in appendix
    assert "All rows." in appendix
