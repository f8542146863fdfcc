"""What is asked of an experiment that is planned, held against what a client's data can answer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.power import PlannedTest
from retention_lab.tables.assignments import HOLD_OUT, name_wave
from retention_lab.tables.client import Client
from retention_lab.tables.observation import Observation
from retention_lab.tables.past import Who

OutcomeKind = Literal["stay", "buy", "spend"]
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is asked: see `plan.plan_experiment`."""

    outcome: OutcomeKind
    horizon_days: int
    effect: float
    power: float
    hold_out_share: float
    variants: tuple[str, ...]
    who: Who
    strata: tuple[str, ...]
    experiment: str
    confidence_level: float
    reward: float
    seed: int

    @property
    def shares(self) -> dict[str, float]:
        """Of all customers in the experiment: the control, and an equal part of the rest for each treatment."""
        each = (1 - self.hold_out_share) / len(self.variants)
        return {HOLD_OUT: self.hold_out_share, **dict.fromkeys(self.variants, each)}

    @property
    def test(self) -> PlannedTest:
        """Each treatment against the control, at its part of what the confidence level leaves."""
        each = self.shares[self.variants[0]]
        return PlannedTest(
            power=self.power,
            significance=round(1 - self.confidence_level, 12),
            treated_share=each / (each + self.hold_out_share),
            comparisons=len(self.variants),
        )


def check_request(client: Client, asked: PlanRequest) -> None:
    """Raises ParameterError with everything that cannot be asked, before any table is read."""
    faults = [*_number_faults(asked), *_word_faults(client, asked)]
    try:
        name_wave(asked.experiment or "plan", client.as_of)
    except ParameterError as error:
        faults += error.faults
    if faults:
        raise ParameterError(faults)


def check_strata(observation: Observation, asked: PlanRequest) -> None:
    """Raises ParameterError for strata that are no groups of these customers."""
    if asked.who == "new" and asked.strata and observation.rule is not None:
        found = f"{', '.join(asked.strata)}, and who has just come is known by purchases only"
        raise ParameterError(Fault(where="strata", found=found, allowed="none for new customers of this client"))
    unknown = [name for name in asked.strata if name not in observation.categorical]
    if unknown:
        allowed = ", ".join(observation.categorical) or "none: no covariate has groups"
        raise ParameterError(Fault(where="strata", found=", ".join(map(repr, unknown)), allowed=allowed))


def _number_faults(asked: PlanRequest) -> Iterator[Fault]:
    checks = [
        ("horizon_days", asked.horizon_days, 1 <= asked.horizon_days <= _MOST_DAYS, f"from 1 to {_MOST_DAYS} days"),
        ("effect", asked.effect, 0 <= asked.effect < math.inf, "0 (say what can be seen), or a gain above it"),
        ("power", asked.power, 0.5 <= asked.power < 1, "from 0.5 to below 1"),
        ("hold_out_share", asked.hold_out_share, 0 < asked.hold_out_share < 1, "between 0 and 1: nobody left alone "
         "is nobody to compare with"),
        ("confidence_level", asked.confidence_level, 0.5 <= asked.confidence_level < 1, "from 0.5 to below 1"),
        ("reward", asked.reward, 0 <= asked.reward < math.inf, "0 or more, in the client's currency"),
    ]  # fmt: skip
    return (Fault(where=name, found=str(value), allowed=allowed) for name, value, right, allowed in checks if not right)


def _word_faults(client: Client, asked: PlanRequest) -> Iterator[Fault]:
    for name, value, known in (("outcome", asked.outcome, get_args(OutcomeKind)), ("who", asked.who, get_args(Who))):
        if value not in known:
            yield Fault(where=name, found=repr(value), allowed=", ".join(known))
    blank = not asked.variants or any(not name.strip() or name != name.strip() for name in asked.variants)
    if blank or len({*asked.variants, HOLD_OUT}) <= len(asked.variants):
        allowed = f"names of treatments, each once, none blank, and none called {HOLD_OUT}, which is the control"
        yield Fault(where="variants", found=repr(list(asked.variants)), allowed=allowed)
    if asked.outcome in ("buy", "spend") and "transactions" not in client.file.tables:
        remedy = "take outcome stay, or map the client's transactions"
        yield Fault(where="outcome", found=f"{asked.outcome!r}, and there is no table transactions", remedy=remedy)
    if asked.who == "new" and not _has_dates(client):
        remedy = "take who: here, or ask the client for start dates"
        yield Fault(where="who", found="'new', and nothing says when customers came", allowed="here", remedy=remedy)


def _has_dates(client: Client) -> bool:
    customers = client.file.tables.get("customers")
    return client.file.churn.kind == "inactivity" or (customers is not None and customers.has_dates)
