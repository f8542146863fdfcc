"""A page -> one HTML file. The order and the words are in `templates/`, the looks in `style/`."""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from retention_lab.report.blocks import Chart, Finding
from retention_lab.report.page import read_page
from retention_lab.report.prose import to_html
from retention_lab.report.svg import RefusedSvgError, to_inline
from retention_lab.text import Text

_HERE = Path(__file__).parent
_STYLES = ("tokens.css", "page.css", "headline.css", "blocks.css", "print.css")


def render_report(nb: Mapping[str, Any]) -> str:
    """An executed notebook as one HTML file: the same notebook gives the same bytes."""
    page = read_page(nb)
    text = Text(page.language, page.currency)
    template = _environment().get_template("page.html.j2")
    html = template.render(
        page=page,
        text=text,
        say=text.say,
        say_many=text.say_many,
        verdicts=_verdicts(text),
        emphasise=lambda finding: _emphasise(finding, text),
        written=lambda value: _written(value, text),
        style=_style(),
    )
    # No line may end between a minus and the sign of a currency.
    return re.sub(r"\u2212(?=[^\d\s<])", "\u2212\u2060", html) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = to_html
    environment.filters["drawing"] = _drawing
    environment.filters["kind"] = lambda block: type(block).__name__
    return environment


@cache
def _style() -> Markup:
    sheets = "".join((_HERE / "style" / name).read_text(encoding="utf-8") for name in _STYLES)
    without_comments = re.sub(r"/\*.*?\*/", "", sheets, flags=re.DOTALL)
    return Markup(re.sub(r"\s*([{};])\s*|\s*\n\s*", r"\1", without_comments))


def _drawing(chart: Chart) -> Markup | None:
    """The chart's drawing; None where it cannot be shown, so that the page can say so and give its text."""
    try:
        return to_inline(chart.svg, chart.anchor, chart.alt)
    except RefusedSvgError:
        return None


def _verdicts(text: Text) -> dict[str, str]:
    return {
        "act": text.say("Act"),
        "watch": text.say("Watch"),
        "fine": text.say("Fine"),
        "no_evidence": text.say("No evidence"),
        "not_enough_data": text.say("Not enough data"),
        "invalid": text.say("Not valid"),
    }


def _emphasise(finding: Finding, text: Text) -> tuple[str, str, str]:
    """The sentence in three parts, the middle one being its estimate; empty where the sentence does not hold it.

    The number is never written anew: it is found in the sentence, in one of the forms in which sentences hold numbers.
    """
    for form in _forms(finding.estimate, text):
        # Not a part of a longer number: the 6.5% in 26.5%, the 12 in 12.5 or 12,000.
        found = re.search(rf"(?<![\w.,]){re.escape(form)}(?![\w%]|[.,]\d)", finding.headline)
        if found:
            return finding.headline[: found.start()], found[0], finding.headline[found.end() :]
    return finding.headline, "", ""


def _forms(estimate: float | None, text: Text) -> Iterator[str]:
    if estimate is None or not math.isfinite(estimate):
        return
    for value in dict.fromkeys((estimate, abs(estimate))):
        if abs(value) <= 1:
            yield from (text.percent(value, digits) for digits in (1, 0, 2))
        yield from (text.money(value, digits) for digits in (0, 2))
        # Money is told to three figures.
        yield text.money(float(f"{value:.3g}"))
        # A share rounded to "0" or "1" would match a count that happens to stand in the sentence.
        least = 0 if abs(value) >= 2 or value == round(value) else 1
        yield from (text.number(value, digits) for digits in (2, 1, 0) if digits >= least)


def _written(value: object, text: Text) -> str:
    """A parameter's value for a reader: as it was typed, but without the marks of a programming language."""
    if isinstance(value, bool):
        return text.say("yes") if value else text.say("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_written(item, text)}" for key, item in sorted(value.items())) or text.say("not set")
    if isinstance(value, list | tuple):
        return ", ".join(_written(item, text) for item in value) or text.say("not set")
    if isinstance(value, float):
        return text.number(value, max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent)))
    return str(value) if value not in (None, "") else text.say("not set")
