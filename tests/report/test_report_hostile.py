"""Whatever a client's files hold comes out as text, and a page loads and runs nothing."""

from typing import Any

import pytest
from nbformat import NotebookNode

from retention_lab.report.prose import to_html
from retention_lab.report.render import render_report
from retention_lab.report.svg import RefusedSvgError, to_inline

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% include 'x' %}",
    "]]><svg onload=alert(1)>",
]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'


def assert_inert(page: Any) -> None:
    for tag in page.every():
        assert tag.name not in ("script", "img", "iframe", "object", "embed", "base", "form", "link", "foreignobject")
        for name, value in tag.attrs.items():
            assert not name.startswith("on"), f"<{tag.name} {name}>"
            assert name != "src"
            if name in ("href", "xlink:href") and tag.name != "a":
                assert str(value).startswith(("#", "data:image/png;base64,"))
            if tag.name != "a" and tag.name != "meta":
                assert "//" not in str(value) or name == "aria-label", f"<{tag.name} {name}={value}>"


def test_a_whole_report_loads_and_runs_nothing(notebook: NotebookNode, build: Any) -> None:
    html = render_report(notebook)
    page = build.read_html(html)

    assert_inert(page)
    style = page.one("style").text
    assert "url(" not in style
    assert "@import" not in style
    assert "http:" not in html
    assert "https:" not in html


def test_the_page_forbids_loading_before_anything_could_load(notebook: NotebookNode, build: Any) -> None:
    head = build.read_html(render_report(notebook)).every("head")[0]

    first_two = [tag.attrs for tag in head.every()][:2]
    assert first_two[0] == {"charset": "utf-8"}
    assert first_two[1]["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_comes_out_as_text_wherever_it_stands(build: Any, attack: str) -> None:
    words = dict.fromkeys(("id", "question", "headline", "action", "method", "definition"), attack)
    hostile = build.finding(**words, caveats=[attack])
    entry = {"table": attack, "source": attack, "rows": 2, "kept": 1, "rejected": {attack: 1}, "sha256": attack}
    notebook = build.noted(
        build.said(f"# {attack}\n\n## {attack}\n\n{attack}"),
        build.ran("parameters", tags=("parameters",), source=f"x: str = 'y'  # {attack}"),
        build.ran("headline", build.shown("finding", hostile), tags=("headline",)),
        build.ran("table", build.tabled(attack, [[attack, attack]])),
        build.ran("chart", build.drawn(attack, attack)),
        build.ran("again", build.shown("finding", hostile)),
        run=build.recorded(
            client_name=attack,
            commentary=attack,
            inputs=[entry],
            parameters={"x": attack, attack: attack},
            run_id=attack,
            versions={attack: attack},
            language=attack,
            currency=attack,
        ),
    )

    page = build.read_html(render_report(notebook))

    assert_inert(page)
    assert page.one("span", class_="client").text == attack
    assert page.one("h1").text == attack
    assert page.text.count(attack) > 20
    assert "49" not in page.text


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)" onclick="alert(1)"/>',
        "<foreignObject><div>x</div></foreignObject>",
        '<image xlink:href="http://example.org/x.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<use xlink:href="http://example.org/x.svg#a"/>',
        '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
        '<path style="fill: url(http://example.org/x)"/>',
        '<path style="fill: u\\72l(http://example.org/x)"/>',
        '<path style="background: url(//example.org/x)"/>',
        "<path mask=\"image-set('x.png' 1x)\"/>",
        '<path fill="URL(http://example.org/x)"/>',
        "<style>@import 'http://example.org/x.css';</style>",
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<text>&lt;script&gt;alert(1)&lt;/script&gt;<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script></text>',
        '<path id="&quot;&gt;&lt;script&gt;" d="M 0 0"/>',
    ],
)
def test_a_hostile_drawing_is_made_harmless(build: Any, inside: str) -> None:
    safe = to_inline(SVG.format(inside), "cell.1", "alt")

    assert_inert(build.read_html(safe))
    assert "example.org" not in safe
    assert "javascript" not in safe


@pytest.mark.parametrize(
    "source",
    [
        "",
        "not a drawing",
        "<svg",
        "<html/>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg viewBox="0 0 1 1">&a;</svg>',
        SVG.format("<g>" * 80 + "</g>" * 80),
    ],
)
def test_what_is_no_drawing_is_refused_and_its_text_is_shown_instead(build: Any, source: str) -> None:
    with pytest.raises(RefusedSvgError):
        to_inline(source, "cell.1", "alt")

    html = render_report(build.noted(build.said("# Q"), build.ran("chart", build.drawn(svg=source))))
    assert "The chart cannot be shown. What it says: Half leave in 9 months." in html


def test_a_drawing_keeps_its_lines_words_and_pictures_and_drops_the_rest(build: Any) -> None:
    pixel = '<image xlink:href="data:image/png;base64,\niVBORw0KGgo=" width="9" height="9"/>'
    safe = to_inline(SVG.format(f'{pixel}<text class="x">a<tspan dx="1">b</tspan>c</text>'), "cell.1", "alt")

    svg = build.read_html(safe).one("svg")
    assert svg.attrs["role"] == "img"
    assert svg.attrs["aria-label"] == "alt"
    assert svg.one("image").attrs["href"] == "data:image/png;base64,iVBORw0KGgo="
    assert svg.one("text").attrs == {}
    assert '>a<tspan dx="1">b</tspan>c</text>' in safe


def test_no_declaration_doctype_comment_metadata_style_or_font_of_the_drawing_is_left(notebook: NotebookNode) -> None:
    body = render_report(notebook).partition("<body>")[2]

    for left_out in ("<?xml", "<!DOCTYPE", "drawn by hand", "<metadata", "<style", "DejaVu", "xmlns"):
        assert left_out not in body


def test_ids_of_two_charts_carry_their_cell_and_every_reference_is_kept(notebook: NotebookNode, build: Any) -> None:
    html = render_report(notebook)
    page = build.read_html(html)

    ids = [tag.attrs["id"] for tag in page.every() if "id" in tag.attrs]
    assert len(ids) == len(set(ids))
    for cell in ("survival.1", "by-plan.1"):
        assert {f"{cell}.p1", f"{cell}.m1"} <= set(ids)
        assert f'clip-path="url(#{cell}.p1)"' in html
        assert f'<use href="#{cell}.m1"' in html


def test_two_charts_of_one_cell_do_not_share_ids(build: Any) -> None:
    page = build.read_html(
        render_report(build.noted(build.said("# Q"), build.ran("twice", build.drawn(), build.drawn())))
    )

    ids = [tag.attrs["id"] for tag in page.every() if "id" in tag.attrs]
    assert len(ids) == len(set(ids))


def test_prose_keeps_web_and_mail_links_and_makes_text_of_the_rest(build: Any) -> None:
    source = (
        "[web](https://example.org) [mail](mailto:a@example.org) [file](data.csv) [bad](javascript:alert(1))"
        " [deep](ftp://example.org) ![a chart](http://example.org/x.png) <b>bold</b>"
    )

    html = build.read_html(to_html(source, "Table"))

    assert [link.attrs["href"] for link in html.every("a")] == ["https://example.org", "mailto:a@example.org"]
    assert {link.attrs["rel"] for link in html.every("a")} == {"noopener noreferrer"}
    assert not html.every("img", "b")
    assert "a chart" in html.text
    assert "<b>bold</b>" in html.text
    assert "file" in html.text


def test_a_torn_address_does_not_stop_a_report() -> None:
    assert "torn" in to_html("[torn](http://[x) [torn](<http://[::1>)", "Table")
