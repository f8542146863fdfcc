"""`feedback` in client.yml: the languages that customers write in, what their marks are, and the client's own words."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

# What the reader of languages can tell apart, of the two-letter codes of ISO 639-1. A test holds this list to it.
_CODES = (
    "af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl gu "
    "ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn mr ms "
    "mt my ne nl nn no oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te tg th "
    "tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu"
)
LANGUAGE_CODES = frozenset(_CODES.split())
# What people write who mean a language and not a country.
_MEANT = {
    "si": "sl",
    "gb": "en",
    "us": "en",
    "fra": "fr",
    "ita": "it",
    "spa": "es",
    "eng": "en",
    "slv": "sl",
    "at": "de",
}
_FIVE = ["en", "it", "es", "fr", "sl"]


def _known_language(code: str) -> str:
    """A code that can be told apart. `si` is Sinhala, and in these parts meant for Slovenian."""
    if code in LANGUAGE_CODES and code != "si":
        return code
    near = _MEANT.get(code.lower(), code.lower()[:2])
    hint = f"; did you mean {near}?" if near != code and near in LANGUAGE_CODES else ""
    raise ValueError(f"a code of two letters such as en, it, es, fr or sl{hint}")


def _not_a_flag(code: Any) -> Any:
    if isinstance(code, bool):
        raise ValueError('a language in quotes: without them YAML reads "no" as false')
    return code


def _each_once(codes: list[str]) -> list[str]:
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"each language once: {code} is there {codes.count(code)} times")
    return codes


def _words(phrases: list[str]) -> list[str]:
    for phrase in phrases:
        if not any(sign.isalpha() for sign in phrase):
            raise ValueError(f"words, or stems such as ottim*; {phrase!r} has no letter")
    return phrases


Language = Annotated[str, BeforeValidator(_not_a_flag), AfterValidator(_known_language)]
Phrases = Annotated[list[str], AfterValidator(_words)]


Section = Literal["positive", "negative", "strong_positive", "strong_negative", "negations", "neutral"]


class Feedback(BaseModel):
    """What is known of a client's feedback. All of it may be left out.

    `languages`: those that customers write in; fewer are told apart better. `scores`: which question or channel asks
    for what mark: would they recommend us (nps), were they content (csat), was it easy (ces). `lexicon`, `themes`,
    `complaints` and `leaving`: words of the client's own by language, and for themes by the name of the theme. They add
    to ours; under `neutral`, a lexicon lists entries of ours that say nothing about this client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    languages: Annotated[list[Language], Field(min_length=1), AfterValidator(_each_once)] = _FIVE
    scores: dict[str, Literal["nps", "csat", "ces"]] = {}
    lexicon: dict[Language, dict[Section, Phrases]] = {}
    themes: dict[Language, dict[str, Phrases]] = {}
    complaints: dict[Language, Phrases] = {}
    leaving: dict[Language, Phrases] = {}
