"""The comments of a client, tidied and masked. What a customer wrote, and what customers are called, stays in here."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lab.errors import DataError
from retention_lab.tables.client import Client
from retention_lab.tables.client_key import keyed_hash
from retention_lab.tables.verbatims.contents import content_of
from retention_lab.tables.verbatims.hygiene import Cleaned, clean, clean_label
from retention_lab.tables.verbatims.masking import KINDS, Masked, mask
from retention_lab.tables.verbatims.said import said_language
from retention_lab.tables.verbatims.scales import REMEDY, find_scale, read_scale, scale_faults

COLUMNS = (
    "feedback_id", "customer_id", "received_on", "channel", "question", "said_language", "rating", "worst", "best",
    "text", "content",
)  # fmt: skip
_TEXTS = ("feedback_id", "customer_id", "channel", "question", "language", "rating_scale", "text")
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatims:
    """The comments of a client through `as_of`, as analyses may see them.

    `rows`, by day and id: feedback_id, customer_id (None where nobody is named), received_on (a day by the client's
    clock), channel, question and said_language (blank where there is none), rating with the worst and the best mark
    of its scale (NaN where there is none), text (tidied and masked), and content: words, signs or none.
    `masked`: how often each kind was masked; `n_masked` comments had something to mask. `n_quoted`, `n_signed` and
    `n_cut`: comments from which a quoted reply, a signature or an overlong end was taken. `scale_found`: the scale
    that marks without one showed to be on, blank where they did not; of `n_unscaled` the scale is not known, and
    `remedy` then says what to do.
    """

    rows: pd.DataFrame
    n_rows: int
    masked: Mapping[str, int]
    n_masked: int
    n_quoted: int
    n_signed: int
    n_cut: int
    n_without_customer: int
    scale_found: str
    n_unscaled: int
    remedy: str


def load_verbatims(client: Client) -> Verbatims:
    """The feedback of a client through `as_of`, of which nobody sees who it is from or what was masked.

    Raises DataError where the table is refused, or has a rating_scale that cannot be read.
    """
    raw = _pulled(client)
    scales, found, n_unscaled = _scales(raw, client)
    cleaned = [clean(text) for text in raw.text]
    known = zip(cleaned, _names(client, raw), raw.customer_id, strict=True)
    masked = [mask(own.text, name, customer) for own, name, customer in known]
    rows = raw.assign(
        feedback_id=_ids(raw, client.key),
        customer_id=raw.customer_id.where(raw.customer_id != "", None),
        received_on=raw.received_at.dt.normalize().astype("datetime64[s]"),
        channel=_each_once(raw.channel, clean_label),
        question=_each_once(raw.question, clean_label),
        said_language=_each_once(raw.language, said_language),
        worst=scales.worst,
        best=scales.best,
        text=[own.text for own in masked],
        content=[content_of(own.text) for own in masked],
    )
    rows = rows[list(COLUMNS)].sort_values(["received_on", "feedback_id"], ignore_index=True)
    return _told(rows, cleaned, masked, found, n_unscaled)


def load_ids(client: Client) -> list[str]:
    """The ids of a client's comments through `as_of`, in no order."""
    return _ids(_pulled(client), client.key)


def _told(rows: pd.DataFrame, cleaned: list[Cleaned], masked: list[Masked], found: str, n_unscaled: int) -> Verbatims:
    counts: Counter[str] = Counter()
    for own in masked:
        counts.update(own.counts)
    return Verbatims(
        rows=rows,
        n_rows=len(rows),
        masked={kind: counts[kind] for kind in KINDS},
        n_masked=sum(bool(own.counts) for own in masked),
        n_quoted=sum(own.quoted for own in cleaned),
        n_signed=sum(own.signature for own in cleaned),
        n_cut=sum(own.cut for own in cleaned),
        n_without_customer=int(rows.customer_id.isna().sum()),
        scale_found=found,
        n_unscaled=n_unscaled,
        remedy=REMEDY if n_unscaled else "",
    )


def _pulled(client: Client) -> pd.DataFrame:
    """The columns that are needed; texts are never null."""
    table = client.table("feedback")
    wanted = [name for name in (*_TEXTS, "rating", "received_at") if name in table.columns]
    raw: pd.DataFrame = table.select(*wanted).to_pyarrow().to_pandas(types_mapper=None)
    for name in _TEXTS:
        raw[name] = raw[name].astype(object).where(raw[name].notna(), "") if name in raw else ""
    raw["rating"] = raw["rating"].astype(float) if "rating" in raw else np.nan
    return raw


def _names(client: Client, raw: pd.DataFrame) -> list[str]:
    """What the customer of each comment is called; blank where nobody knows."""
    spec = client.file.tables.get("customers")
    if spec is None or not {"name", "customer_id"} <= spec.mapped:
        return [""] * len(raw)
    known = client.loaded("customers").rows.select("customer_id", "name").to_pyarrow().to_pandas().dropna()
    names = dict(zip(known.customer_id, known.name, strict=True))
    return [names.get(customer, "") for customer in raw.customer_id]


def _each_once(values: pd.Series, read: Callable[[str], str]) -> pd.Series:
    return values.map({value: read(value) for value in values.unique()})


def _ids(raw: pd.DataFrame, key: bytes) -> list[str]:
    """The ids as they are; where there is none, a keyed hash of the content and of its place among its like."""
    drawn = keyed_hash(key, "feedback")
    seen: Counter[tuple[str, ...]] = Counter()
    ids = []
    columns = (
        raw.feedback_id,
        raw.received_at.astype(str),
        raw.rating.astype(str),
        *(raw[name] for name in _TEXTS[1:]),
    )
    for own, *content in zip(*columns, strict=True):
        if own:
            ids.append(own)
            continue
        parts = tuple(part.encode("utf-8", "replace").decode() for part in content)
        seen[parts] += 1
        # One step a part would take longer than all the rest.
        joined = "\x1f".join((*parts, str(seen[parts])))
        ids.append(f"f-{keyed_hash(drawn, joined).hex()[:_ID_LENGTH]}")
    return ids


def _scales(raw: pd.DataFrame, client: Client) -> tuple[pd.DataFrame, str, int]:
    """The worst and the best mark for each row, the scale that had to be found, and how many marks are left without."""
    counts = raw.rating_scale[raw.rating_scale != ""].value_counts().sort_index()
    faults = scale_faults(client.loaded("feedback").source, {str(scale): int(n) for scale, n in counts.items()})
    if faults:
        raise DataError(faults)
    bare = raw.rating.notna() & (raw.rating_scale == "")
    found = find_scale(sorted(set(raw.rating[bare])))
    written = raw.rating_scale.where(~bare, found)
    ends = {scale: read_scale(scale) or (np.nan, np.nan) for scale in written.unique()}
    scales = pd.DataFrame([ends[scale] for scale in written], columns=["worst", "best"], index=raw.index, dtype=float)
    return scales, found, 0 if found else int(bare.sum())
