"""An experiment of a client, and what is asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from retention_lab.errors import Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import Money
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiments import Trial, find_trials, open_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentStudy:
    """One experiment and what is asked of it; `trial` is None where none is declared and none was named.

    `lists` are the lists of contacts in the client's folder, which can be evaluated by name.
    """

    trial: Trial | None
    primary: str
    money: Money
    as_of: date
    min_group: int
    confidence_level: float
    where: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """By name, the primary one first."""
        if self.trial is None:
            return {}
        of_all = self.trial.spec.outcomes
        return {self.primary: of_all[self.primary], **{n: o for n, o in of_all.items() if n != self.primary}}

    @property
    def treatments(self) -> tuple[str, ...]:
        """All variants but the control."""
        return self.trial.variants[1:] if self.trial else ()

    def role_of(self, outcome: str) -> str:
        """An outcome that stands alone is the primary one, whether the client file says so or not."""
        return "primary" if outcome == self.primary else self.outcomes[outcome].role


def study_experiment(
    client: Client,
    experiment: str = "",
    *,
    where: Sequence[str] = (),
    segments: Sequence[str] = (),
    min_group: int = 0,
    confidence_level: float = 0.95,
) -> ExperimentStudy:
    """Open an experiment by its name; an empty one means the only one that there is.

    Raises ParameterError with every fault of the request; among them an empty name where there are several.
    """
    if faults := _faults(min_group, confidence_level):
        raise ParameterError(faults)
    # A list is only ever evaluated by name: it is there as soon as one was drawn, and says nothing for months.
    known = bool(experiment or client.file.main_experiment or client.file.experiments)
    trial = open_trial(client, experiment, where=where, segments=segments) if known else None
    return ExperimentStudy(
        trial=trial,
        primary=primary_of(trial) if trial else "",
        money=client.file.money,
        as_of=trial.as_of if trial else client.as_of,
        min_group=min_group or client.file.min_group,
        confidence_level=confidence_level,
        where=tuple(where),
        lists=tuple(name for name in find_trials(client) if name not in client.file.experiments),
    )


def primary_of(trial: Trial) -> str:
    """The outcome on which the decision rests."""
    outcomes = trial.spec.outcomes
    return next((name for name, outcome in outcomes.items() if outcome.role == "primary"), next(iter(outcomes)))


def _faults(min_group: int, confidence_level: float) -> list[Fault]:
    faults = []
    if min_group < 0:
        faults.append(Fault(where="min_group", found=str(min_group), allowed="0 (the client's own) or more"))
    if not 0.5 <= confidence_level < 1:
        faults.append(Fault(where="confidence_level", found=str(confidence_level), allowed="from 0.5 to below 1"))
    return faults
