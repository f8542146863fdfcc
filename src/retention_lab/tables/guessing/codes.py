"""What the codes of a column mean: who has left, why points moved, which variant got nothing."""

from collections.abc import Sequence

from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import Profile
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import folded

Codes = dict[str, str | bool]


def meaning_of(kind: str, text: str) -> str | bool | None:
    """What a value says as a code of that kind (`churned`, `kind`), or whether it is a yes (`yes`); None: not known."""
    values, bare = vocabulary().values, folded(text)
    if kind == "yes":
        return True if bare in values["yes"] else False if bare in values["no"] else None
    for meaning, spellings in values[kind].items():
        if bare in spellings:
            return meaning == "true" if kind == "churned" else str(meaning)
    return None


def known_levels(kind: str, profile: Profile) -> float:
    """The share of a column's commonest values that are known as codes of that kind."""
    if kind in ("yes", "no"):
        known = [meaning_of("yes", text) is (kind == "yes") for text, _ in profile.levels]
    else:
        known = [meaning_of(kind, text) is not None for text, _ in profile.levels]
    return sum(known) / len(known) if known else 0.0


def looks_like_control(text: str) -> bool:
    """Whether a variant is called like one that got nothing."""
    bare = folded(text)
    controls = vocabulary().values["control"]
    return bare in controls or bare.startswith(("control ", "no ", "hold out"))


def flag_values(profile: Profile) -> Codes:
    """Which codes of a plain yes-or-no column mean yes; nothing where true, false, 1 and 0 say it themselves."""
    meanings = {text: meaning_of("yes", text) for text in profile.texts}
    if set(map(str.lower, meanings)) <= {"true", "false", "1", "0"}:
        return {}
    return {text: bool(meaning) for text, meaning in meanings.items() if meaning is not None}


def churn_values(profile: Profile) -> tuple[Codes, tuple[Doubt, ...]]:
    """Which codes mean that a customer has left, and what is in doubt: where nothing says so, nothing is taken."""
    texts = [text for text, _ in profile.levels]
    spoken = {text: meaning_of("churned", text) for text in texts}
    if all(meaning is not None for meaning in spoken.values()) and len(set(spoken.values())) == 2:
        return {text: bool(meaning) for text, meaning in spoken.items()}, ()
    plain = {text: meaning_of("yes", text) for text in texts}
    if any(meaning is None for meaning in plain.values()):
        return _half_known(profile, spoken)
    is_reversed = profile.words.has("active") and not profile.words.has("churn", "inactive")
    codes: Codes = {text: bool(meaning) != is_reversed for text, meaning in plain.items()}
    is_told = profile.words.has("churn", "inactive", "active") or (profile.words.has("end"))
    if is_told and not is_reversed:
        return ({} if set(map(str.lower, texts)) <= {"true", "false", "1", "0"} else codes), ()
    why = "the name says who is still here" if is_reversed else "the name does not say whether yes means gone"
    return codes, (_direction(profile, codes, why),)


def _half_known(profile: Profile, spoken: dict[str, str | bool | None]) -> tuple[Codes, tuple[Doubt, ...]]:
    """Where one of two codes is known, the other is its opposite; else each unknown one is asked about."""
    known = {text: bool(meaning) for text, meaning in spoken.items() if meaning is not None}
    unknown = [text for text in spoken if text not in known]
    codes: Codes = dict(known)
    if len(unknown) == 1 and len(set(known.values())) == 1:
        codes[unknown[0]] = not next(iter(known.values()))
    else:
        codes |= dict.fromkeys(unknown, False)
    return codes, (_direction(profile, codes, f"what {' and '.join(map(repr, unknown[:5]))} means is not known"),)


def _direction(profile: Profile, codes: Codes, why: str) -> Doubt:
    gone = [text for text, meaning in codes.items() if meaning]
    others = tuple(text for text in codes if text not in gone)
    return Doubt(key="values.churned", taken=", ".join(gone), others=others, why=f"{profile.name!r}: {why}")


def kind_values(profile: Profile) -> tuple[Codes, tuple[Doubt, ...]]:
    """Why points moved, by code; a code that is not known is left out and asked about."""
    codes: Codes = {}
    unknown = []
    for text in profile.texts:
        meaning = meaning_of("kind", text)
        if meaning is None:
            unknown.append(text)
        elif text != meaning:
            codes[text] = meaning
    if not unknown:
        return codes, ()
    why = f"{profile.name!r}: what {' and '.join(map(repr, unknown[:5]))} means is not known"
    return codes, (Doubt(key="values.kind", taken="", others=("earn", "redeem", "expire", "adjust"), why=why),)


def control_of(variants: Sequence[str]) -> tuple[str, bool]:
    """The variant that got nothing, and whether its name says so; the first one in order where none does."""
    controls = [name for name in variants if looks_like_control(name)]
    if len(controls) == 1:
        return controls[0], True
    return (controls or sorted(variants))[0], False
