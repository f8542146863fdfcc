"""What must hold between the parts of `experiments` in client.yml, beyond the type of each.

It is judged on the file as written, so that these faults can be told together with those of the types.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from retention_lab.errors import Fault
from retention_lab.tables.client_rules import is_by_inactivity, nearest
from retention_lab.tables.outcome_rules import Data, outcome_faults
from retention_lab.tables.workspace import is_client_name

# Thirds are written as 0.33: planned shares are taken in proportion to each other.
_ROUNDING = 0.02
_COLUMNS = ("column", "numerator", "denominator", "duration", "event_observed", "covariate")


def experiment_faults(where: str, raw: dict[Any, Any], lists: Collection[str]) -> list[Fault]:
    """Every fault of the experiments of a client file; `lists` are those that lie in the client's folder."""
    experiments, tables = _mapping(raw.get("experiments")), _mapping(raw.get("tables"))
    faults = [*_several(where, experiments, tables, lists), *_main(where, raw, [*map(str, experiments), *lists])]
    for name, spec in experiments.items():
        parts = _Experiment(
            where=f"{where}, experiments.{name}", name=str(name), spec=_mapping(spec), tables=tables,
            by_inactivity=is_by_inactivity(raw), is_list=str(name) in lists,
        )  # fmt: skip
        if isinstance(spec, dict):
            faults += [fault for rule in (_named, _placed, _variants, _roles, _outcomes) for fault in rule(parts)]
    return faults


def outcome_columns(raw: dict[Any, Any]) -> set[str]:
    """The columns that the experiments of a client file name, as far as it can be read."""
    found: set[str] = set()
    for spec in _mapping(raw.get("experiments")).values():
        for outcome in _mapping(_mapping(spec).get("outcomes")).values():
            found |= {named for key in _COLUMNS if isinstance(named := _mapping(outcome).get(key), str)}
        rewarded = _mapping(_mapping(spec).get("costs")).get("rewarded")
        found |= {rewarded} if isinstance(rewarded, str) else set()
    return found


def _mapping(part: object) -> dict[Any, Any]:
    return part if isinstance(part, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Experiment:
    """One experiment of client.yml as written."""

    where: str
    name: str
    spec: dict[Any, Any]
    tables: dict[Any, Any]
    by_inactivity: bool
    is_list: bool

    def fault(self, place: str, found: str, allowed: str = "", remedy: str = "") -> Fault:
        where = f"{self.where}.{place}" if place else self.where
        return Fault(where=where, found=found, allowed=allowed, remedy=remedy)

    def mapped(self, table: str) -> set[str]:
        """The canonical columns of a table, from its file or as constants."""
        spec = _mapping(self.tables.get(table))
        return {str(name) for part in ("columns", "constants") for name in _mapping(spec.get(part))}


def _several(
    where: str, experiments: dict[Any, Any], tables: dict[Any, Any], lists: Collection[str]
) -> Iterator[Fault]:
    """Where the rows do not say which experiment they are of, there can be only one."""
    table = _mapping(tables.get("assignments"))
    of_table = [str(name) for name in experiments if str(name) not in lists]
    named = {**_mapping(table.get("columns")), **_mapping(table.get("constants"))}
    if table and "experiment" not in named and len(of_table) > 1:
        found = f"{len(of_table)} experiments, and the assignments do not say which row is of which"
        remedy = "map experiment in tables.assignments.columns, or declare one experiment"
        yield Fault(where=f"{where}, experiments", found=found, allowed="one", remedy=remedy)


def _main(where: str, raw: dict[Any, Any], known: list[str]) -> Iterator[Fault]:
    main = raw.get("main_experiment")
    if isinstance(main, str) and main and main not in known:
        allowed = ", ".join(known) or "nothing: no experiment is declared"
        yield Fault(where=f"{where}, main_experiment", found=repr(main), allowed=allowed, remedy=nearest(main, known))


def _named(parts: _Experiment) -> Iterator[Fault]:
    if not is_client_name(parts.name):
        yield parts.fault("", f"{parts.name!r} is not the name of an experiment", "letters, digits, - and _")


def _placed(parts: _Experiment) -> Iterator[Fault]:
    """The rows of an experiment lie in the assignments' table, or in the lists that playbooks have written."""
    if not parts.is_list and "assignments" not in parts.tables:
        found = "there is no table assignments, and no list of this name in the client's folder"
        yield parts.fault("", found, remedy="add tables.assignments, or call the experiment as its list is called")
    rewarded = _mapping(parts.spec.get("costs")).get("rewarded")
    if parts.is_list and rewarded:
        found = f"{rewarded!r}, and a list has no column of its own"
        yield parts.fault("costs.rewarded", found, "nothing", "leave it out: the reward then counts for all treated")


def _variants(parts: _Experiment) -> Iterator[Fault]:
    shares, control = parts.spec.get("shares"), parts.spec.get("control")
    if not isinstance(shares, dict) or not shares:
        return
    names = [str(name) for name in shares]
    folded = [name.strip().casefold() for name in names]
    if isinstance(control, str) and control.strip() and control not in names:
        remedy = nearest(control, names) or "name the control as it is called among the shares"
        yield parts.fault("control", f"{control!r} is not among the shares", ", ".join(names), remedy)
    if len(names) < 2:
        yield parts.fault("shares", f"{len(names)} variant", "two or more", "give the share of each variant")
    if len(set(folded)) < len(folded) or "" in folded:
        yield parts.fault("shares", "a variant is there twice but for its case, or blank", remedy="name each once")
    known = [share for share in shares.values() if isinstance(share, (int, float)) and not isinstance(share, bool)]
    if len(known) == len(names) > 1 and abs(sum(known) - 1) > _ROUNDING:
        yield parts.fault("shares", f"they add up to {sum(known):g}", "1", "give the planned share of each variant")


def _roles(parts: _Experiment) -> Iterator[Fault]:
    """One outcome decides; one that stands alone does so without saying it."""
    outcomes = {str(name): _mapping(outcome) for name, outcome in _mapping(parts.spec.get("outcomes")).items()}
    primary = [name for name, outcome in outcomes.items() if outcome.get("role") == "primary"]
    if len(outcomes) == 1 and all("role" not in outcome for outcome in outcomes.values()):
        return
    if outcomes and len(primary) != 1:
        found = f"{', '.join(primary)} are primary" if primary else "no outcome is primary"
        yield parts.fault("outcomes", found, "exactly one", "say role: primary for the one that decides")


def _outcomes(parts: _Experiment) -> Iterator[Fault]:
    outcomes = _mapping(parts.spec.get("outcomes"))
    names = [str(name) for name in outcomes]
    folded = [name.strip().casefold() for name in names]
    data = Data(
        assignments=parts.mapped("assignments"),
        customers=parts.mapped("customers"),
        has_transactions="transactions" in parts.tables,
        by_inactivity=parts.by_inactivity,
        is_list=parts.is_list,
    )
    for position, (name, outcome) in enumerate(outcomes.items()):
        if not str(name).strip() or folded[position] in folded[:position]:
            yield parts.fault(f"outcomes.{name}", "it is blank, or there twice but for its case", remedy="rename it")
        if isinstance(outcome, dict):
            yield from outcome_faults(f"{parts.where}.outcomes.{name}", outcome, data)
