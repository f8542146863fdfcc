"""YAML that a person reads: values on one line each, quoted wherever that is safer, with remarks behind them.

Whatever stands in a file may stand here: no name of a column can become a flag, a comment, or a line of its own.
"""

import math
import re
import textwrap
from collections.abc import Callable, Collection, Mapping
from datetime import date

import yaml

_PLAIN = re.compile(r"[^\W\d_](?:[\w./%()+*-]| (?! |$))*")
_LETTERS = {"y", "n"}
_COLUMN, _LONGEST = 35, 120
Block = Callable[[str], bool]


def scalar(value: object) -> str:
    """A value on one line, which YAML reads back as the same."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
    if isinstance(value, (int, float, date)):
        # YAML takes 1e-05 for a text.
        return re.sub(r"^(-?\d+)e", r"\1.0e", str(value))
    return _text(str(value))


def flow(value: object) -> str:
    """A value, a list or a mapping on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def one_line(text: object) -> str:
    """A text of which no part can end the line that it stands in."""
    signs = (sign if sign.isprintable() else " " for sign in str(text))
    return " ".join("".join(signs).split())


def as_comment(text: str, indent: int = 0) -> list[str]:
    """A text as whole lines of comment."""
    lead = " " * indent + "# "
    return textwrap.wrap(one_line(text), _LONGEST, initial_indent=lead, subsequent_indent=lead) or [lead.rstrip()]


def commented(lines: Collection[str], indent: int) -> list[str]:
    """Lines taken out of force: whoever removes the `# ` has them back."""
    return [f"{line[:indent]}# {line[indent:]}" if line.strip() else line for line in lines]


def block(values: Mapping[str, object], remarks: Mapping[str, str], is_block: Block, at: str = "") -> list[str]:
    """A mapping with a line for each key; those for which `is_block` says so are opened up below their key.

    `remarks` and `is_block` go by the way to a key: `tables.customers.columns`, with the names that a file has made up
    as they are.
    """
    lines: list[str] = []
    indent = 2 * at.count("\0")
    for key, value in values.items():
        way = f"{at}{key}"
        remark = remarks.get(way.replace("\0", "."), "")
        opened = isinstance(value, Mapping) and bool(value) and is_block(way.replace("\0", "."))
        text = f"{' ' * indent}{scalar(key)}:" if opened else f"{' ' * indent}{scalar(key)}: {flow(value)}"
        lines += _remarked(text, remark, indent)
        if opened and isinstance(value, Mapping):
            lines += block(value, remarks, is_block, f"{way}\0")
    return lines


def _key(key: object) -> str:
    """A key inside a mapping on one line: a long one must be said to be a key."""
    return f"? {scalar(key)} " if len(scalar(key)) > _LONGEST else scalar(key)


def _remarked(text: str, remark: str, indent: int) -> list[str]:
    """A line with what is to be said of it: behind it where there is room, else above it."""
    remark = one_line(remark)
    if not remark:
        return [text]
    behind = f"{text:<{_COLUMN}}{'' if len(text) < _COLUMN else '  '}# {remark}"
    return [behind] if len(behind) <= _LONGEST else [*as_comment(remark, indent), text]


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _LETTERS and text.isprintable() and _is_text(text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _is_text(text: str) -> bool:
    """Whether YAML reads the bare word as a text, and not as a flag, a number or nothing."""
    return isinstance(yaml.safe_load(text), str)


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
