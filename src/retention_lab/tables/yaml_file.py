"""A YAML file as plain values, without the three ways in which YAML surprises.

A key that is there twice, of which the last wins; a few lines of aliases that stand for gigabytes; a date that does
not exist. All three are refused.
"""

import re
import stat
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from retention_lab.errors import DataError, Fault

_MOST_VALUES = 20_000
_MOST_BYTES = 4 * 2**20
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://.*", re.DOTALL)


def read_yaml(path: Path) -> dict[Any, Any]:
    """The keys and values of a YAML file. Raises DataError where it is not one."""
    try:
        _refuse_what_is_none(path)
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        faults = _faults(path, node)
        raw = loader.construct_document(node) if node and not faults else None
    except OSError as error:
        fault = Fault(where=str(path), found=f"it cannot be opened: {error.strerror}", remedy="write it")
        raise DataError(fault) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = _what(error)
        fault = Fault(where=str(path), found=f"not valid YAML in UTF-8: {what}", remedy="mend the line that it names")
        raise DataError(fault) from error
    if faults:
        raise DataError(faults)
    if not isinstance(raw, dict):
        found = "nothing" if raw is None else f"{without_address(str(raw))[:80]!r}"
        raise DataError(Fault(where=str(path), found=found, allowed="keys and values: at least name and tables"))
    return raw


def _refuse_what_is_none(path: Path) -> None:
    """A pipe would be waited for, and a device never ends; nobody writes so much by hand."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise DataError(Fault(where=str(path), found="it is no file", remedy="write it"))
    size = path.stat().st_size
    if size > _MOST_BYTES:
        found, allowed = f"{size / 2**20:.1f} MB", f"at most {_MOST_BYTES // 2**20} MB"
        raise DataError(Fault(where=str(path), found=found, allowed=allowed, remedy="keep data out of it"))


def without_address(text: str) -> str:
    """A text up to the first address in it: an address may hold a password, and a message ends up in logs."""
    return _ADDRESS.sub("an address, which is not repeated here", text)


def _what(error: Exception) -> str:
    """What is wrong with the file. The line itself is repeated only where no password can stand in it."""
    told = str(error)
    mark = getattr(error, "problem_mark", None)
    if "://" in told and mark is not None:
        told = f"{getattr(error, 'problem', '')} in line {mark.line + 1}, column {mark.column + 1}"
    return without_address(" ".join(told.split()))


def _faults(path: Path, node: yaml.Node | None) -> list[Fault]:
    faults: list[Fault] = []
    sizes: dict[int, float] = {}

    def size(node: yaml.Node) -> float:
        """How many values a node stands for once its aliases are written out; infinitely many inside itself."""
        if id(node) in sizes:
            return sizes[id(node)]
        sizes[id(node)] = float("inf")
        if isinstance(node, yaml.MappingNode):
            faults.extend(_twice(path, node))
        sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
        return sizes[id(node)]

    if node and size(node) > _MOST_VALUES:
        faults.append(Fault(where=str(path), found="its aliases stand for too many values", remedy="write them out"))
    return faults


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _twice(path: Path, node: yaml.MappingNode) -> list[Fault]:
    seen: set[tuple[str, str]] = set()
    faults = []
    for key, _ in node.value:
        name = (key.tag, str(key.value)) if isinstance(key, yaml.ScalarNode) else ("", "")
        if name in seen:
            found = f"line {key.start_mark.line + 1}: {without_address(str(key.value))} is there twice"
            faults.append(Fault(where=str(path), found=found, remedy="keep one of the two"))
        seen |= {name} if name[0] else set()
    return faults


def as_day(value: object) -> object:
    """A day as YAML knows it, or in quotes. A bare 20261031 would otherwise count as seconds since 1970."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError("a day such as 2026-10-31")
