"""The files of a new client: found, copied to where they will lie, and all of it undone where it does not end well."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from retention_lab.errors import DataError, Fault, ParameterError
from retention_lab.tables.guessing.unpacking import unpack
from retention_lab.tables.workspace import OURS, is_client_name

CLIENT_FILE = "client.yml"
_SPARE = 100 * 1024 * 1024
"""How much of the disk is left alone, in bytes."""


def new_folder(data: Path, name: str) -> Path:
    """Where a new client is to lie. Raises ParameterError where it cannot be called so, or is there already."""
    if not is_client_name(name):
        allowed, remedy = "letters, digits, - and _", "say the name first: retention-lab new NAME --from PATH"
        raise ParameterError(
            Fault(where="client", found=f"{name!r} cannot be a client's name", allowed=allowed, remedy=remedy)
        )
    folder = data / name
    if os.path.lexists(folder / CLIENT_FILE):
        remedy = f"choose another name, or move {folder / CLIENT_FILE} away to have it drafted again"
        raise ParameterError(Fault(where="client", found=f"{name} is there already", remedy=remedy))
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
        raise ParameterError(Fault(where="client", found=f"{folder} is no folder", remedy="choose another name"))
    return folder


def find_files(paths: Sequence[Path], folder: Path) -> list[Path]:
    """The files that paths stand for: files themselves, and those that lie in folders; each once.

    Where a folder holds only folders, those are looked into. Raises DataError with every path that is no file, and
    every link that leads out of the folder that it lies in.
    """
    faults: list[Fault] = []
    found: dict[Path, Path] = {}
    for path in paths:
        for file, within in _files_of(path, faults):
            fault = _not_a_file(file, within)
            faults += [fault] if fault else []
            if not fault:
                found.setdefault(file.resolve(), file)
    files = list(found.values())
    faults += _same_names([file for file in files if not _lies_in(file, folder)], folder)
    if not faults and not files:
        faults = [Fault(where="--from", found="no file at all", remedy="name the files, or the folder they lie in")]
    if faults:
        raise DataError(faults)
    return files


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder beside the client's own to work in. It is gone afterwards, whatever happens."""
    stage = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    stage.mkdir(parents=True)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def bring_in(files: Sequence[Path], stage: Path, folder: Path, progress: Callable[[Path, int], None]) -> list[str]:
    """Copy files into the stage, and say what they are called there; what lies in the client's folder is only linked.

    `progress` is called with each file and its size before it is copied. Raises DataError where the disk is too small.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        if _is_export(path) and not _not_a_file(path, folder):
            _link_or_copy(path, stage / path.name)
    new = [file for file in files if not _lies_in(file, folder)]
    needed, free = sum(file.stat().st_size for file in new), shutil.disk_usage(stage).free - _SPARE
    if needed > free:
        found = f"{needed:,} bytes to copy, and {max(free, 0):,} are free"
        raise DataError(Fault(where=str(folder.parent), found=found, remedy="make room, or move the files there first"))
    names = []
    # What is unpacked comes last, and finds itself names beside all the others.
    for file in sorted(files, key=lambda file: file.suffix.lower() == ".zip"):
        if unpacked := unpack(file, stage):
            (stage / file.name).unlink(missing_ok=True)
            names += unpacked
        elif file in new:
            progress(file, file.stat().st_size)
            shutil.copy2(file, stage / file.name)
            names.append(file.name)
    return names


def settle(stage: Path, folder: Path, names: Sequence[str]) -> None:
    """Give what is called so in the stage its place: all of it, or nothing.

    The client file is to be the last of them: until it is there, nobody takes the folder for a client. Raises DataError
    where something came there meanwhile.
    """
    if not folder.exists():
        with suppress(OSError):
            stage.rename(folder)
            return
    placed: list[Path] = []
    try:
        for name in names:
            _place(stage / name, folder / name)
            placed.append(folder / name)
    except BaseException:
        for target in placed:
            target.unlink(missing_ok=True)
        raise


def _place(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileExistsError as error:
        fault = Fault(where=str(target), found="it came there in the meantime", remedy="look at it, and try again")
        raise DataError(fault) from error
    except OSError:
        # A file system without links.
        shutil.copy2(path, target)


def _files_of(path: Path, faults: list[Fault]) -> Iterator[tuple[Path, Path | None]]:
    """The files of a path, and the folder that their links may not lead out of."""
    if not path.exists():
        found = "it leads nowhere" if path.is_symlink() else "there is no such file or folder"
        faults.append(Fault(where=str(path), found=found, remedy="check the spelling"))
    elif path.is_dir():
        inside = sorted(path.iterdir())
        files = [(file, path) for file in inside if _is_export(file)]
        yield from files or [
            (file, path)
            for below in inside
            if below.is_dir() and not below.is_symlink() and below.name not in OURS
            for file in sorted(below.iterdir())
            if _is_export(file)
        ]
    else:
        yield path, None


def _is_export(path: Path) -> bool:
    return not path.name.startswith(".") and path.name != CLIENT_FILE and not path.is_dir()


def _not_a_file(file: Path, within: Path | None) -> Fault | None:
    if not file.is_file():
        found = "it leads nowhere" if file.is_symlink() else "it is no ordinary file"
        return Fault(where=str(file), found=found, remedy="take it out of the folder, or put the file there itself")
    if within is not None and not file.resolve().is_relative_to(within.resolve()):
        found = f"it leads out of {within}"
        return Fault(where=str(file), found=found, remedy="put the file there itself, or name it on the command line")
    if not os.access(file, os.R_OK):
        return Fault(where=str(file), found="it cannot be opened", remedy="mend its rights")
    return None


def _same_names(files: list[Path], folder: Path) -> Iterator[Fault]:
    """Files that would take each other's place."""
    first: dict[str, Path] = {path.name.casefold(): path for path in folder.iterdir()} if folder.is_dir() else {}
    for file in files:
        other = first.setdefault(file.name.casefold(), file)
        if other is not file:
            yield Fault(where=str(file), found=f"{other} has the same name", remedy="rename one of the two")


def _lies_in(file: Path, folder: Path) -> bool:
    return file.parent.resolve() == folder.resolve()


def _link_or_copy(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)
