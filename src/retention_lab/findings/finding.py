"""What a playbook concludes: a sentence, what to do about it, and the number it stands on."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

MIME = "application/vnd.retention-lab+json"
SCHEMA = 1
Verdict = Literal["act", "watch", "fine", "no_evidence", "not_enough_data", "invalid"]
Bundle = dict[str, Any]
# A difference below one point of survival is not worth a campaign, however certain it is.
MATERIAL = 0.01
NOT_A_NUMBER = math.nan


def bundle(kind: str, data: dict[str, Any], *, plain: str, **others: str) -> Bundle:
    """The MIME bundle that a front end shows and that the runner and the report read."""
    return {MIME: {"kind": kind, "schema": SCHEMA, "data": data}, "text/plain": plain, **others}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer. `headline` and `action` are finished sentences in the reader's language.

    `estimate` with `ci_lower` and `ci_upper` is in `unit`; NaN where a number cannot be had, and then the headline
    says why.
    """

    id: str
    question: str
    headline: str
    action: str
    verdict: Verdict
    estimate: float
    ci_lower: float
    ci_upper: float
    unit: str
    n_obs: int
    method: str
    definition: str
    caveats: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: a number that does not exist is null."""
        numbers = ("estimate", "ci_lower", "ci_upper")
        return {
            name: None if name in numbers and not math.isfinite(value) else value
            for name, value in {**asdict(self), "caveats": list(self.caveats)}.items()
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        parts = [f"<p><strong>{escape(self.headline)}</strong></p>", f"<p>{escape(self.action)}</p>"]
        html = "".join(part for part in parts if part != "<p></p>")
        return bundle("finding", self.to_dict(), plain=f"{self.headline} {self.action}".strip(), **{"text/html": html})


@dataclass(frozen=True, slots=True)
class Findings:
    """Several findings shown together, the most important first."""

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"findings": [finding.to_dict() for finding in self.findings]}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        items = "".join(f"<li>{escape(finding.headline)} {escape(finding.action)}</li>" for finding in self)
        plain = "\n".join(finding.headline for finding in self)
        return bundle("findings", self.to_dict(), plain=plain, **{"text/html": f"<ul>{items}</ul>"})
