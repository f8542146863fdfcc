"""A text in small letters without accents, in which every place is what it was."""

import unicodedata


class _Folding(dict[int, str]):
    """One plain letter for each character; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code))[:1].lower()[:1]
        self[code] = apart or chr(code)
        return self[code]


_FOLDING = _Folding({ord(letter): plain for letter, plain in zip("đĐłŁøØ", "ddlloo", strict=True)})


def folded(text: str) -> str:
    """The text in small letters without accents, as long as it was."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)
