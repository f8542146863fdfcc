"""Comments as they arrive: typed in haste, with personal data, signed, with the quoted mail below."""

import re
import unicodedata

from retention_lab.demo import truth
from retention_lab.demo.grammar import Writer
from retention_lab.demo.personal import KINDS, personal_value

_WORD = re.compile(r"[^\W\d_]{4,}")
_HASTY, _NO_ACCENTS, _CAPITALS, _SMALL = 0.45, 0.08, 0.03, 0.10
_SIGNED, _QUOTED = 0.10, 0.15
_SHARE_OF_NAMES = 0.3


def as_typed(text: str, who: Writer) -> str:
    """The text with typing errors, in some comments; some without accents, all in capitals or without any."""
    if who.chance(_HASTY):
        text = _WORD.sub(lambda word: _mistyped(word[0], who) if who.chance(truth.FEEDBACK_TYPOS) else word[0], text)
    if who.chance(_NO_ACCENTS):
        apart = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize("NFC", "".join(sign for sign in apart if not unicodedata.combining(sign)))
    if who.chance(_CAPITALS):
        return text.upper()
    return text.lower() if who.chance(_SMALL) else text


def with_personal(text: str, language: str, name: str, who: Writer) -> tuple[str, str]:
    """The text with something personal said, and its kind."""
    kinds = [kind for kind in KINDS[:-1] if kind in who.lines["personal"]]
    kind = "name" if who.chance(_SHARE_OF_NAMES) else who.one_of(kinds)
    said = who.say("personal", kind).replace("<value>", personal_value(kind, language, name, who))
    return f"{text}\n{said}" if kind == "name" else f"{text} {said[0].upper()}{said[1:]}.", kind


def as_mail(text: str, name: str, who: Writer) -> tuple[str, str]:
    """The text as an e-mail, which may be signed and have the operator's own mail below; and the kind it adds."""
    signed = who.chance(_SIGNED)
    if signed:
        text = f"{text}\n-- \n{name}"
    if who.chance(_QUOTED):
        quoted = f"> {who.say('reply')}"
        text = f"{text}\n\n{who.say('wrote')}\n{quoted}"
    return text, "name" if signed else ""


def _mistyped(word: str, who: Writer) -> str:
    at = who.whole(1, len(word) - 2)
    kind = who.whole(0, 2)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]
