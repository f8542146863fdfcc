"""experiments in client.yml: what was tried on whom, and what it was to change."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from retention_lab.tables.yaml_file import as_day

Kind = Literal["survival", "proportion", "mean", "ratio"]
Role = Literal["primary", "secondary", "guardrail"]
Share = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(ge=1, le=3650)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Outcome(_Strict):
    """What is compared between the variants. Columns are those of the assignments' file, as it writes them.

    `survival`: time from `assigned_on` until the customer left, censored; or `duration` with `event_observed`.
    `proportion`, `mean`: a `column`, or `from` the transactions of the `window_days` from `assigned_on` on, which for a
    proportion are none or some. `ratio`: the sum of `numerator` over the sum of `denominator`.
    With `window_days` only customers whose window is over count. `covariate` is what was known before `assigned_on`;
    `covariate_days` makes it from the transactions of so many days before. `margin`: how much worse, in the outcome's
    own unit, is still accepted. `money`: what one unit of the outcome is worth to the client.
    """

    kind: Kind
    role: Role = "secondary"
    column: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    duration: str | None = None
    event_observed: str | None = None
    unit: Literal["days", "weeks", "months", "years"] = "days"
    source: Annotated[Literal["transactions.amount", "transactions.count"] | None, Field(alias="from")] = None
    window_days: Days | None = None
    horizon_days: Days | None = None
    covariate: str | None = None
    covariate_days: Days | None = None
    better: Literal["higher", "lower"] = "higher"
    margin: Annotated[float, Field(gt=0)] | None = None
    winsorise_at: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    money: Literal["revenue", "margin"] | None = None


class Costs(_Strict):
    """What the treatment costs for each customer treated; `rewarded` is the column that says who got the reward."""

    reward: Annotated[float, Field(ge=0)] = 0.0
    contact: Annotated[float, Field(ge=0)] = 0.0
    rewarded: str | None = None


class Experiment(_Strict):
    """One experiment. Without `shares` the variants are those of the data, and their numbers cannot be judged.

    `design: anytime` may be looked at whenever one likes; a `fixed` one once, when `n_planned` customers have been
    assigned and `ends_on` has passed. `tuned_for`: at how many customers the anytime interval is to be tightest.
    """

    control: Annotated[str, Field(min_length=1)]
    shares: dict[str, Share] = {}
    design: Literal["fixed", "anytime"] = "fixed"
    ends_on: Annotated[date | None, BeforeValidator(as_day)] = None
    n_planned: Annotated[int, Field(ge=2)] | None = None
    tuned_for: Annotated[int, Field(ge=1)] = 5000
    outcomes: Annotated[dict[str, Outcome], Field(min_length=1)]
    costs: Costs = Costs()

    @field_validator("outcomes", mode="before")
    @classmethod
    def _one_outcome_is_primary(cls, outcomes: Any) -> Any:
        """An outcome that stands alone decides, whether the client file says so or not."""
        if not isinstance(outcomes, dict) or len(outcomes) != 1:
            return outcomes
        return {name: {"role": "primary", **one} if isinstance(one, dict) else one for name, one in outcomes.items()}
