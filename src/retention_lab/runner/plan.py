"""From what was asked for to the runs that answer it. Nothing is executed and no kernel is started here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retention_lab.errors import DataError, Fault, ParameterError, RetentionLabError
from retention_lab.runner.catalogue import Playbook, find_playbooks
from retention_lab.runner.fingerprints import Fingerprint, HashCache, hash_inputs, open_cache, take_fingerprint
from retention_lab.runner.keys import LATEST, RunKey
from retention_lab.runner.parameters import changed_parameters, check_parameters, parse_parameters, reject_unknown
from retention_lab.runner.record import is_current
from retention_lab.tables.client_file import ClientFile, load_client_file
from retention_lab.tables.client_key import read_key
from retention_lab.tables.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One playbook for one client: all that a worker process needs to know."""

    workspace: Workspace
    playbook: Playbook
    key: RunKey
    run_id: str
    fingerprint: Fingerprint
    parameters: dict[str, object]
    changed: dict[str, object]
    as_of: str
    language: str
    file: ClientFile
    current: bool
    # Make it even where its report is up to date.
    forced: bool = False
    # The due time that it answers, as the schedule tells it, and which attempt at it this is.
    due: str = ""
    attempt: int = 1

    @property
    def folder(self) -> Path:
        """Where the report will lie."""
        return self.key.folder(self.workspace.reports)

    @property
    def title(self) -> str:
        return f"{self.key.client} · {self.playbook.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A playbook that this client's data cannot answer, and what it misses."""

    playbook: str
    title: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be run, and what cannot be."""

    runs: tuple[PlannedRun, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """What will be run for several clients, what cannot be, and the clients whose files must be mended first."""

    runs: tuple[PlannedRun, ...]
    skipped: dict[str, tuple[Skipped, ...]]
    broken: dict[str, RetentionLabError]


def plan_batch(
    workspace: Workspace,
    clients: Sequence[str],
    *,
    playbooks: Sequence[str] = (),
    texts: Mapping[str, str] | None = None,
    as_of: str = "",
    force: bool = False,
) -> BatchPlan:
    """The runs of several clients. What is wrong with one client's files does not keep the others from theirs.

    A playbook that a client's data cannot answer is left out, named or not.
    Raises ParameterError or PlaybookError: those are wrong for every client.
    """
    cache = open_cache(workspace)
    runs: list[PlannedRun] = []
    skipped: dict[str, tuple[Skipped, ...]] = {}
    broken: dict[str, RetentionLabError] = {}
    for client in clients:
        try:
            plan = plan_runs(
                workspace, client, playbooks=playbooks, texts=texts, as_of=as_of, force=force, lenient=True, cache=cache
            )
        except DataError as error:
            broken[client] = error
            continue
        except OSError as error:
            where, remedy = str(error.filename or workspace.data / client), "let whoever runs this read it"
            broken[client] = DataError(Fault(where=where, found=str(error.strerror or error), remedy=remedy))
            continue
        runs += plan.runs
        if plan.skipped:
            skipped[client] = plan.skipped
    cache.save()
    return BatchPlan(runs=tuple(runs), skipped=skipped, broken=broken)


def plan_runs(
    workspace: Workspace,
    client: str,
    *,
    playbooks: Sequence[str] = (),
    values: Mapping[str, object] | None = None,
    texts: Mapping[str, str] | None = None,
    as_of: str = "",
    force: bool = False,
    lenient: bool = False,
    cache: HashCache | None = None,
) -> Plan:
    """The runs of the named playbooks, or of all whose needs are met, for one client.

    Parameters come as `values`, or as `texts` from a command line. Without names, a parameter goes to the playbooks
    that know it. A run whose report is up to date is marked `current`, unless `force`. A named playbook whose needs
    are not met is an error, unless `lenient`. A `cache` that is handed in is for the caller to save.
    Raises ParameterError, PlaybookError or DataError before anything is run.
    """
    folder = workspace.client_folder(client)
    found = find_playbooks(workspace, list(playbooks))
    asked = _asked(
        found, dict(values or {}), _with_as_of(dict(texts or {}), values or {}, as_of), strict=bool(playbooks)
    )
    file = load_client_file(folder)
    # The key is an input: were it drawn during the first run, the second would find the report out of date.
    read_key(folder)
    missing = {playbook.name: tuple(file.missing(playbook.needs)) for playbook in found}
    if playbooks and any(missing.values()) and not lenient:
        raise DataError([_cannot(name, absent, folder) for name, absent in missing.items() if absent])
    able = [playbook for playbook in found if not missing[playbook.name]]
    hashes = cache or open_cache(workspace)
    runs = tuple(_planned(workspace, client, file, playbook, asked[playbook.name], force, hashes) for playbook in able)
    if cache is None:
        hashes.save()
    return Plan(
        runs=runs,
        skipped=tuple(
            Skipped(playbook=playbook.name, title=playbook.title, missing=missing[playbook.name])
            for playbook in found
            if missing[playbook.name]
        ),
    )


def _with_as_of(texts: dict[str, str], values: Mapping[str, object], as_of: str) -> dict[str, str]:
    if as_of and ("as_of" in texts or "as_of" in values):
        found = f"given twice: as --as-of {as_of} and as a parameter"
        raise ParameterError(Fault(where="parameter as_of", found=found, remedy="give it once"))
    return {**texts, "as_of": as_of} if as_of else texts


def _asked(
    playbooks: list[Playbook], values: dict[str, object], texts: dict[str, str], *, strict: bool
) -> dict[str, dict[str, object]]:
    """All parameters of each playbook, checked; the faults of all playbooks come together."""
    if not strict:
        reject_unknown(playbooks, [*values, *texts])
    asked: dict[str, dict[str, object]] = {}
    faults: list[Fault] = []
    for playbook in playbooks:
        given = values | parse_parameters(playbook, texts)
        known = {parameter.name for parameter in playbook.parameters}
        try:
            mine = given if strict else {name: value for name, value in given.items() if name in known}
            asked[playbook.name] = check_parameters(playbook, mine)
        except ParameterError as error:
            faults += error.faults
    if faults:
        # The same wrong value, told once and not once a playbook.
        raise ParameterError(dict.fromkeys(faults))
    return asked


def _planned(
    workspace: Workspace,
    client: str,
    file: ClientFile,
    playbook: Playbook,
    parameters: dict[str, object],
    force: bool,
    cache: HashCache,
) -> PlannedRun:
    changed = changed_parameters(playbook, parameters)
    asked, observed = str(parameters.get("as_of", "")), str(file.observed_through or "")
    key = RunKey(client=client, playbook=playbook.name, as_of=asked or observed or LATEST, parameters=changed)
    fingerprint = take_fingerprint(workspace, client, file, playbook, asked, cache)
    return PlannedRun(
        workspace=workspace,
        playbook=playbook,
        key=key,
        run_id=key.run_id(fingerprint.digest),
        fingerprint=fingerprint,
        parameters=parameters,
        changed=changed,
        # The last day that counts is never after the exports end; ISO days sort as text.
        as_of=min(filter(None, (asked, observed)), default=""),
        language=str(parameters.get("language") or file.language),
        file=file,
        current=not force and is_current(key.folder(workspace.reports), fingerprint),
        forced=force,
    )


def inputs_changed(run: PlannedRun) -> bool:
    """Whether a file of the client, or the playbook, is another one now."""
    cache = open_cache(run.workspace)
    try:
        asked = str(run.parameters.get("as_of", ""))
        files = hash_inputs(run.workspace, run.key.client, run.file, run.playbook, asked, cache)
        return (files, cache.sha256(run.playbook.path)) != (run.fingerprint.files, run.fingerprint.playbook)
    except (RetentionLabError, OSError):
        return True


def _cannot(playbook: str, missing: tuple[str, ...], folder: Path) -> Fault:
    found = f"the client's data lacks {', '.join(missing).replace('|', ' or ')}"
    return Fault(where=f"playbook {playbook}", found=found, remedy=f"map them in {folder / 'client.yml'}")
