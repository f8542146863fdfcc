"""A chart's SVG -> inline SVG that cannot run, load or restyle anything.

It is read as XML and written anew from lists of what a drawing needs: whatever is not listed is left out.
Ids get a prefix, because two charts on one page would otherwise share the names that matplotlib gives.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from markupsafe import Markup, escape

_ELEMENTS = re.compile(
    "svg|g|defs|symbol|use|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|clipPath|mask|pattern|marker"
    "|linearGradient|radialGradient|stop|image"
)
# What may be an attribute as well as a property of `style`. Font families are left out: the page's own is used.
_PROPERTIES = re.compile(
    "clip-(path|rule)|color|display|dominant-baseline|fill(-opacity|-rule)?|font-(size|style|weight)|mask|opacity"
    "|(letter|word)-spacing|marker-(end|mid|start)|paint-order|shape-rendering|stop-(color|opacity)|text-anchor"
    "|stroke(-dasharray|-dashoffset|-linecap|-linejoin|-miterlimit|-opacity|-width)?|vector-effect|visibility"
)
_ATTRIBUTES = re.compile(
    "c?[xy]|[xy][12]|[dfr][xy]|d|r|width|height|points|pathLength|transform|viewBox|preserveAspectRatio|rotate"
    "|textLength|lengthAdjust|offset|orient|spreadMethod|ref[XY]|marker(Height|Units|Width)|gradient(Transform|Units)"
    "|pattern(ContentUnits|Transform|Units)|mask(ContentUnits|Units)|clipPathUnits"
)
_FUNCTIONS = re.compile("rgba?|hsla?|matrix|translate|rotate|scale|skew[XY]")
_LOCAL_URL = re.compile(r"""url\(\s*['"]?#([^'")]+)['"]?\s*\)""")
_PLAIN_VALUE = re.compile(r"[\w\s#%.,+\-()]*")
_PNG = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")
# On a phone a drawing shrinks no further than this, so that its words stay legible; beyond it scrolls.
_SMALLEST = 1.0
# matplotlib nests about ten deep; a bound keeps a forged file from exhausting the stack.
_DEEPEST = 64


class RefusedSvgError(ValueError):
    """The text is not an SVG drawing that can be shown."""


def to_inline(source: str, prefix: str, label: str) -> Markup:
    """`source` as an inline SVG; `prefix` goes before every id, `label` is read out in its place."""
    root = _parse(source)
    # Every value below is escaped, which is what makes it safe to call this markup.
    box = _view_box(root)
    attributes = [
        ("class", "drawing"),
        ("role", "img"),
        ("aria-label", label),
        ("viewBox", box),
        ("preserveAspectRatio", "xMinYMid"),
        ("style", f"min-width:{float(box.split()[2]) * _SMALLEST:.0f}px"),
    ]
    inside = "".join(_children(root, prefix, 1))
    return Markup(f"<svg{_written(attributes)}>{inside}</svg>")


def _parse(source: str) -> ElementTree.Element:
    if "<!ENTITY" in source:
        raise RefusedSvgError("it declares entities")
    try:
        root = ElementTree.fromstring(source.strip())
    except ElementTree.ParseError as reason:
        raise RefusedSvgError(f"it is not well-formed: {reason}") from reason
    if _local(root.tag) != "svg":
        raise RefusedSvgError(f"its root is {_local(root.tag)!r}")
    return root


def _local(name: object) -> str:
    """The name without its namespace; comments and processing instructions have none."""
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def _view_box(root: ElementTree.Element) -> str:
    box = root.get("viewBox", "")
    sizes = [re.sub(r"[a-z%]+$", "", root.get(side, "")) for side in ("width", "height")]
    candidates = [box.replace(",", " ").split(), ["0", "0", *sizes]]
    for numbers in candidates:
        if len(numbers) == 4 and all(re.fullmatch(r"-?\d+(\.\d+)?", number) for number in numbers):
            return " ".join(numbers)
    raise RefusedSvgError("it has no size")


def _children(parent: ElementTree.Element, prefix: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise RefusedSvgError(f"it is nested deeper than {_DEEPEST}")
    for child in parent:
        if _ELEMENTS.fullmatch(_local(child.tag)):
            yield _element(child, prefix, depth)
        if _holds_words(parent):
            yield _words(child.tail)


def _element(element: ElementTree.Element, prefix: str, depth: int) -> str:
    start = f"{_local(element.tag)}{_written(_attributes(element, prefix))}"
    inside = _words(element.text) if _holds_words(element) else ""
    inside += "".join(_children(element, prefix, depth + 1))
    return f"<{start}>{inside}</{_local(element.tag)}>" if inside else f"<{start}/>"


def _holds_words(element: ElementTree.Element) -> bool:
    return _local(element.tag) in ("text", "tspan")


def _words(text: str | None) -> str:
    return str(escape(re.sub(r"\s+", " ", text))) if text else ""


def _attributes(element: ElementTree.Element, prefix: str) -> Iterator[tuple[str, str]]:
    for qualified, raw in element.attrib.items():
        name, value = _local(qualified), " ".join(raw.split())
        if name == "id":
            yield "id", _prefixed(value, prefix)
        elif name == "href":
            yield from _reference(value, prefix, _local(element.tag))
        elif name == "style":
            yield from _style(value, prefix)
        elif (_ATTRIBUTES.fullmatch(name) or _PROPERTIES.fullmatch(name)) and _is_harmless(value):
            yield name, _renamed(value, prefix)


def _prefixed(name: str, prefix: str) -> str:
    return f"{prefix}.{re.sub(r'[^A-Za-z0-9_.-]', '-', name)}"


def _reference(value: str, prefix: str, element: str) -> Iterator[tuple[str, str]]:
    """A reference inside the drawing, or a picture that is part of it; anything else is left out."""
    if value.startswith("#"):
        yield "href", "#" + _prefixed(value[1:], prefix)
    elif element == "image" and _PNG.fullmatch(value.replace(" ", "")):
        yield "href", value.replace(" ", "")


def _style(value: str, prefix: str) -> Iterator[tuple[str, str]]:
    declarations = (declaration.partition(":") for declaration in value.split(";"))
    kept = [
        f"{name.strip()}:{_renamed(content.strip(), prefix)}"
        for name, _, content in declarations
        if _PROPERTIES.fullmatch(name.strip()) and _is_harmless(content)
    ]
    if kept:
        yield "style", ";".join(kept)


def _is_harmless(value: str) -> bool:
    """Whether the value calls for nothing from outside the drawing."""
    rest = _LOCAL_URL.sub("", value)
    functions = re.findall(r"([\w-]+)\s*\(", rest)
    return bool(_PLAIN_VALUE.fullmatch(rest)) and all(_FUNCTIONS.fullmatch(name) for name in functions)


def _renamed(value: str, prefix: str) -> str:
    return _LOCAL_URL.sub(lambda found: f"url(#{_prefixed(found[1], prefix)})", value)


def _written(attributes: Iterable[tuple[str, str]]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes)
