"""Comments as made-up customers write them, put together from the clauses of a language (`comments/*.yml`).

A line of such a file is one way to say something: `[a|b]` is either, `{slot}` is filled in.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from retention_lab.demo import truth

MOODS = ("unhappy", "neutral", "happy")
_OPPOSITE = {"unhappy": "happy", "happy": "unhappy"}
_EITHER = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_STARTS = re.compile(r"(^|[.!?] |\n)([^\W\d_])")
_OPENED, _CLOSED, _TWO_CLAUSES, _MILD = 0.35, 0.35, 0.45, 0.35
_EMPHASIS, _SHORT, _BESIDE = 0.6, 0.06, 0.07
_LONGEST_AGO = 40

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Somebody who writes in one language on one day; every choice is drawn from the same stream."""

    lines: Tree
    day: date
    rng: np.random.Generator

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def say(self, *path: str) -> str:
        """One of the lines at this place of the file, with its alternatives chosen and its slots filled."""
        found: Any = self.lines
        for step in path:
            found = found[step]
        line = _EITHER.sub(lambda either: self.one_of(either[1].split("|")), self.one_of(found))
        return _SLOT.sub(lambda slot: self._filled(slot[1]), line)

    def one_of(self, choices: Sequence[str]) -> str:
        return choices[int(self.rng.random() * len(choices))]

    def _filled(self, slot: str) -> str:
        number = _NUMBERS.get(slot)
        return number(self) if number else self.one_of(self.lines["slots"][slot])

    def whole(self, least: int, most: int) -> int:
        return least + int(self.rng.random() * (most + 1 - least))


def writer(language: str, day: date, rng: np.random.Generator) -> Writer:
    """Who writes in this language on this day."""
    return Writer(lines=_lines(language), day=day, rng=rng)


def comment(who: Writer, mood: str, themes: Sequence[str]) -> str:
    """A comment of that mood about these themes, of which the first weighs most."""
    if mood == "unhappy" and who.chance(truth.FEEDBACK_IRONY):
        return who.say("irony")
    if len(themes) == 1 and who.chance(_SHORT):
        return who.say("short", mood) + "."
    body = _mixed(who, mood, themes) if len(themes) > 1 else _plain(who, mood, themes[0])
    opened = who.say("openers", mood) + " " if who.chance(_OPENED) else ""
    parts = [opened + body + "."]
    if who.chance(_BESIDE):
        parts.append(who.say("beside"))
    if who.chance(_CLOSED):
        parts.append(who.say("closers", mood))
    return sentences(" ".join(parts))


def goodbye(who: Writer, mood: str, themes: Sequence[str]) -> str:
    """An announcement that the customer leaves, mostly with the reason."""
    leaving = who.say("goodbye")
    reason = who.say("why", mood) if not themes else who.say("themes", themes[0], mood)
    parts = [leaving, reason] if who.chance(0.6) else [reason, leaving]
    opened = who.say("openers", "neutral") + " " if who.chance(_OPENED) else ""
    closed = " " + who.say("closers", mood) if who.chance(_CLOSED) else ""
    return sentences(f"{opened}{parts[0]}. {parts[1]}.{closed}")


def sentences(text: str) -> str:
    """The text with a capital at the beginning of each sentence."""
    return _STARTS.sub(lambda start: start[1] + start[2].upper(), text)


def _plain(who: Writer, mood: str, theme: str) -> str:
    said = who.say("themes", theme, mood)
    if mood == "neutral" and who.chance(_MILD):
        return said + who.say("but") + " " + who.say("mild", who.one_of(("unhappy", "happy")))
    if who.chance(_MILD / 2):
        # A small word of the other kind, which weighs less than what is complained about or praised.
        other = _OPPOSITE.get(mood, "happy")
        return who.say("mild", other) + who.say("but") + " " + said
    return said


def _mixed(who: Writer, mood: str, themes: Sequence[str]) -> str:
    """Two themes: of one mood, or a good word about one and a bad one about the other, and then the first is last."""
    first, second = themes[:2]
    if not who.chance(truth.FEEDBACK_MIXED[mood]):
        return who.say("themes", second, mood) + who.say("and") + " " + who.say("themes", first, mood)
    if mood == "neutral":
        order = who.one_of(("happy unhappy", "unhappy happy")).split()
        return who.say("themes", second, order[0]) + who.say("but") + " " + who.say("themes", first, order[1])
    turn = who.say("strongly") if who.chance(_EMPHASIS) else who.say("but")
    return who.say("themes", second, _OPPOSITE[mood]) + turn + " " + who.say("themes", first, mood)


def _amount(who: Writer) -> str:
    euros = f"{who.whole(3, 120)},{who.one_of(('00', '90', '50', '99'))}"
    return who.one_of((f"{euros} €", f"{euros} EUR", f"€ {euros}", f"{euros.split(',')[0]} €"))


def _date(who: Writer) -> str:
    day = who.day - timedelta(days=who.whole(1, _LONGEST_AGO))
    return day.strftime(who.one_of(("%d.%m.%Y", "%d/%m/%Y", "%d.%m.", "%d/%m", "%Y-%m-%d")))


_NUMBERS: Mapping[str, Callable[[Writer], str]] = {
    "amount": _amount,
    "date": _date,
    "order": lambda who: f"{who.one_of(('AF-', '', '#', 'AF'))}{who.whole(1_000_000, 9_999_999)}",
    "number": lambda who: str(who.whole(101, 4_800)),
    "speed": lambda who: f"{who.whole(2, 940)} {who.one_of(('Mbit/s', 'Mb', 'mega'))}",
}


@lru_cache(maxsize=8)
def _lines(language: str) -> Tree:
    text = files("retention_lab.demo").joinpath("comments", f"{language}.yml").read_text(encoding="utf-8")
    tree: Tree = _split(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    return tree


def _split(node: Any) -> Any:
    return {key: _split(value) for key, value in node.items()} if isinstance(node, dict) else tuple(node.splitlines())
