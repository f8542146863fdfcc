"""What a customer wrote, without what a mail program, an export or an attacker has put around it."""

import html
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

MOST_CHARACTERS = 2_000
# Nothing beyond this is looked at: what a customer has to say stands before it.
_MOST_READ = 20_000
_MOST_SIGNED = 4
_SHORT = 60

# Controls, halves of a pair, and what turns the direction of a text or hides inside it.
_OUT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f\ud800-\udfff]"
)
# Digits of full width and of other scripts, which name a person as well as any.
_DIGITS = {first + digit: str(digit) for first in (0x660, 0x6F0, 0x966, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
                                                   0x1D7F6) for digit in range(10)}  # fmt: skip
_LINE = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|<br {0,3}/?>", re.IGNORECASE)
# Marks piled upon a letter; to put thousands of them in order takes long, and says nothing.
_PILE = re.compile("([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20f0]{4})[\u0300-\u036f"
                   "\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20f0]+")  # fmt: skip

_WROTE = re.compile(
    r"(?:on|il(?: giorno)?|el|le|dne|am|v|dana|ob)\b.{0,200}"
    r"(?:wrote|ha scritto|escribi[óo]|a écrit|a ecrit|je napisala?|je napisal\(a\)|je pisala?|schrieb)\s?:",
    re.IGNORECASE | re.DOTALL,
)
_ORIGINAL = re.compile(
    r"-{2,10} ?(?:original message|messaggio originale|mensaje original|message d'origine|message original|"
    r"izvirno sporočilo|prvotno sporočilo|forwarded message|messaggio inoltrato|ursprüngliche nachricht) ?-{2,10}",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:from|da|de|von|od)\*? ?:", re.IGNORECASE)
_SENT = re.compile(
    r"\*?(?:sent|date|inviato|data|enviado|fecha|envoyé|envoye|poslano|datum|gesendet)\*? ?:", re.IGNORECASE
)
_MOBILE = re.compile(
    r"(?:sent from (?:my|the|outlook|mail|yahoo)|get outlook for|inviato da(?:l| |ll')|enviado (?:desde|con)\b|"
    r"envoyé (?:de mon|depuis|à partir)|poslano (?:z|s|iz)\b)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:^|(?<=[\n.!?…,;]) ?|(?<=[.!?…,;] ))"
    r"(?:(?:cordiali |distinti |cari |tanti )?saluti(?: cordiali)?|un cordiale saluto|cordialmente|"
    r"(?:un )?(?:cordial )?saludo|(?:muchos )?saludos(?: cordiales)?|atentamente|atte\.|"
    r"(?:bien |très )?cordialement|(?:sincères |cordiales )?salutations(?: distinguées)?|bien à vous|"
    r"(?:lep|lepe|prijazen) pozdrave?|lepo pozdravljeni|s spoštovanjem|lp|"
    r"(?:kind|best|warm) regards|regards|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|best wishes)"
    r"(?![\w-])",
    re.IGNORECASE,
)
# A look at these costs less than one for the whole list.
_CLOSING_STEMS = (
    "salut", "salud", "regards", "sincerely", "yours", "wishes", "pozdrav", "spoštov", "atentam", "atte.", "cordial",
    "à vous", "lp",
)  # fmt: skip
_PARTICLES = frozenset(("de", "di", "da", "del", "della", "dei", "la", "le", "van", "von", "y", "e", "et", "in", "and"))
_AFTERTHOUGHT = ("ps", "p.s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A comment's own text, and whether a quoted reply, a signature or what was too long was taken from it."""

    text: str
    quoted: bool
    signature: bool
    cut: bool


def clean(text: str) -> Cleaned:
    """A comment without markup codes, invisible characters, quoted replies and signatures; at most 2,000 characters.

    The time it takes is proportional to the length, up to 20,000 characters, beyond which nothing is read.
    """
    lines = [line.strip() for line in _plain(text[:_MOST_READ]).split("\n")]
    own = _without_quotes(lines)
    unsigned = _without_signature(own)
    whole = _joined(unsigned)
    return Cleaned(
        text=whole[:MOST_CHARACTERS].rstrip(),
        quoted=own != lines,
        signature=unsigned != own,
        cut=len(text) > _MOST_READ or len(whole) > MOST_CHARACTERS,
    )


def clean_label(label: str) -> str:
    """What a channel or a question is called, without what nobody sees and what turns its direction."""
    return label if label.isprintable() else " ".join(_LINE.sub(" ", _OUT.sub("", label)).split())


def _plain(raw: str) -> str:
    """Characters as they are meant, lines parted by one sign."""
    if "&" in raw:
        # A number of thousands of digits stands for no character.
        with suppress(ValueError):
            raw = html.unescape(raw)
    if not raw.isascii() or not raw.isprintable() or "<" in raw:
        raw = _LINE.sub("\n", _PILE.sub(r"\1", _OUT.sub("", raw)))
        raw = unicodedata.normalize("NFC", raw).translate(_DIGITS)
    return raw


def _without_quotes(lines: list[str]) -> list[str]:
    """The lines that are the customer's own. Where an answer stands below what it answers, it is kept."""
    if len(lines) == 1 and "--" not in lines[0]:
        return lines
    first = next((at for at in range(len(lines)) if _begins_quote(lines, at)), len(lines))
    above = [line for line in lines[:first] if not _is_quoted(line)]
    if first < len(lines):
        above.append(_ORIGINAL.split(lines[first])[0].strip() if _ORIGINAL.search(lines[first]) else "")
    if any(above) or first == len(lines):
        return above if first < len(lines) or len(above) < len(lines) else lines
    return _below(lines[first:])


def _below(lines: list[str]) -> list[str]:
    """What stands after a quotation: nothing where the lines of the quotation are not marked."""
    marked = [at for at, line in enumerate(lines) if _is_quoted(line)]
    return [line for line in lines[marked[0] :] if not _is_quoted(line)] if marked else []


def _is_quoted(line: str) -> bool:
    return line.startswith(">") and len(line) > 1


def _begins_quote(lines: list[str], at: int) -> bool:
    line = lines[at]
    if "--" in line and _ORIGINAL.search(line):
        return True
    if _FROM.match(line) and any(_SENT.match(later) for later in lines[at + 1 : at + 4]):
        return True
    wrote = _WROTE.match("\n".join(lines[at : at + 2]))
    # Without a date in it, a sentence of the customer's own may end so.
    return bool(wrote and any(sign.isdigit() for sign in wrote.group()) and _ends_line(lines, at, wrote.end()))


def _ends_line(lines: list[str], at: int, end: int) -> bool:
    first = len(lines[at])
    return end in (first, first + 1 + (len(lines[at + 1]) if at + 1 < len(lines) else 0))


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        ends = line == "--" or (len(line) <= 2 * _SHORT and _MOBILE.match(line) and _is_near_end(lines, at))
        if ends and any(lines[:at]):
            lines = lines[:at]
            break
    return _without_closing(lines)


def _is_near_end(lines: list[str], at: int) -> bool:
    rest = [line for line in lines[at + 1 :] if line]
    return len(rest) <= _MOST_SIGNED and all(len(line) <= _SHORT for line in rest)


def _without_closing(lines: list[str]) -> list[str]:
    """The lines before a closing such as `Kind regards`, where nothing but a name can follow it."""
    last = max((at for at, line in enumerate(lines) if line), default=0)
    for at in range(max(0, last - _MOST_SIGNED - 2), last + 1):
        lowered = lines[at].lower()
        if not any(stem in lowered for stem in _CLOSING_STEMS):
            continue
        for found in _CLOSING.finditer(lines[at]):
            before = lines[at][: found.start()].rstrip()
            if (before or any(lines[:at])) and _is_signed(lines[at][found.end() :], lines[at + 1 :]):
                return [*lines[:at], before]
    return lines


def _is_signed(beside: str, below: list[str]) -> bool:
    """Whether what follows a closing is a name, and a few short lines."""
    words = beside.strip(" ,.;:!-–").split()
    is_name = all(word[:1].isupper() or word.lower() in _PARTICLES for word in words) and len(words) <= _MOST_SIGNED + 1
    is_name |= beside.startswith((",", " -", ":")) and len(words) <= 2
    rest = [line for line in below if line]
    short = len(rest) <= _MOST_SIGNED and all(len(line) <= _SHORT for line in rest)
    return is_name and short and not any(line.lower().startswith(_AFTERTHOUGHT) for line in rest)


def _joined(lines: list[str]) -> str:
    """One text with single spaces. A line that goes on in small letters was broken by a mail program."""
    parts: list[str] = []
    for line in lines:
        words = " ".join(line.split())
        if words and parts and words[0].islower():
            parts[-1] += f" {words}"
        elif words:
            parts.append(words)
    return "\n".join(parts)
