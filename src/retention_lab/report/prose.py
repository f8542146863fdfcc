"""Markdown -> safe HTML. What people typed may hold anything, so nothing but plain prose comes out.

Raw HTML becomes text, images become their alternative text, and only web and mail links stay links.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

_LINK_SCHEMES = ("http", "https", "mailto")
_SECTION_LEVEL = 2


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    return markdown


def _open_table(
    _self: RendererProtocol, _tokens: Sequence[Token], _index: int, _options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    # A wide table scrolls by itself; it takes focus so that a keyboard can scroll it too.
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(env["table"])}"><table>\n'


def _close_table(
    _self: RendererProtocol,
    _tokens: Sequence[Token],
    _index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    return "</table></div>\n"


def to_html(source: str, table: str) -> Markup:
    """`source` as HTML that stands under a heading of level 2; `table` is read out where a table begins."""
    tokens = _markdown().parse(source)
    above = _SECTION_LEVEL
    for token in tokens:
        if token.type == "heading_open":
            # Never a second h1 or h2, and never a level that is skipped.
            above = max(_SECTION_LEVEL + 1, min(int(token.tag[1]), above + 1))
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{above}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.children:
            token.children = list(_inert(token.children))
    return Markup(_markdown().renderer.render(tokens, _markdown().options, {"table": table}))


def _inert(tokens: list[Token]) -> Iterator[Token]:
    """The same line without images and without links that lead anywhere but to the web or to a mailbox."""
    kept: list[bool] = []
    for token in tokens:
        if token.type == "image":
            yield Token("text", "", 0, content=token.content)
            continue
        if token.type == "link_open":
            kept.append(str(token.attrGet("href")).partition(":")[0].lower() in _LINK_SCHEMES)
            token.attrSet("rel", "noopener noreferrer")
        is_kept = kept.pop() if token.type == "link_close" else kept[-1] if token.type == "link_open" else True
        if is_kept:
            yield token


def split_headings(source: str) -> Iterator[tuple[int, str, str]]:
    """(level, title, Markdown below it) for each heading of level 1 or 2; level 0 for what stands before the first."""
    # The lines of the parser: str.splitlines would also split at form feeds and the like.
    lines = [f"{line}\n" for line in source.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    tokens = _markdown().parse(source)
    level, title, start = 0, "", 0
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag in ("h1", "h2") and token.level == 0 and token.map:
            if level or "".join(lines[start : token.map[0]]).strip():
                yield level, title, "".join(lines[start : token.map[0]])
            level, title, start = int(token.tag[1]), _plain(inline), token.map[1]
    if level or source.strip():
        yield level, title, "".join(lines[start:])


def _plain(inline: Token) -> str:
    words = (" " if child.type in ("softbreak", "hardbreak") else child.content for child in inline.children or [])
    return "".join(words).strip()
