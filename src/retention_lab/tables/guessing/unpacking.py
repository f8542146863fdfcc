"""Archives with several files: each comes to lie in the client's folder by itself, since each may be a table.

An archive of one file is left as it is: it is read where it is. What is inside is counted while it comes out.
"""

import re
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath

from retention_lab.errors import DataError
from retention_lab.tables.sources.bounds import refuse_growth

_MOST_MEMBERS = 1_000
_BLOCK = 2**20
_LONGEST = 120
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, DataError)


def unpack(path: Path, folder: Path) -> list[str]:
    """Put the files of an archive into a folder, and say what they are called there.

    None where it is no archive, holds one file only, or is better not unpacked: it is damaged, locked, or grows as no
    export does. Whoever reads it then says so.
    """
    if path.suffix.lower() != ".zip":
        return []
    written: list[Path] = []
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _files(archive)
            refuse_growth(path.name, sum(entry.file_size for entry in entries), path.stat().st_size)
            for entry, name in _named(entries, path, folder).items() if 1 < len(entries) <= _MOST_MEMBERS else ():
                written.append(folder / name)
                _write(archive, entry, folder / name)
    except _BROKEN:
        for file in written:
            file.unlink(missing_ok=True)
        return []
    return [file.name for file in written]


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in _parts(entry))
    ]


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    return [part for part in PurePosixPath(entry.filename).parts if part not in ("..", "/")] or ["file"]


def _named(entries: list[zipfile.ZipInfo], path: Path, folder: Path) -> dict[zipfile.ZipInfo, str]:
    """What each file is to be called: by its own name; where that is there twice, with the folder it lay in."""
    times = Counter(_parts(entry)[-1].casefold() for entry in entries)
    taken = {file.name.casefold() for file in folder.iterdir()} | {"client.yml"}
    names: dict[zipfile.ZipInfo, str] = {}
    for entry in entries:
        parts = _parts(entry)
        own = _plain(parts[-1] if times[parts[-1].casefold()] == 1 else "-".join(parts[-2:]))
        name, number = own if own.casefold() not in taken else f"{_plain(path.stem)}-{own}", 2
        while name.casefold() in taken:
            name, number = f"{_plain(path.stem)}-{number}-{own}", number + 1
        taken.add(name.casefold())
        names[entry] = name
    return names


def _plain(name: str) -> str:
    """A name that any disk takes, and that no pattern or line reads as something else."""
    tidy = re.sub(r"[^\w.()+ -]+", "_", "".join(sign if sign.isprintable() else "_" for sign in name))
    return tidy.lstrip(".")[-_LONGEST:].strip() or "file"


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    size = 0
    with archive.open(entry) as stream, target.open("xb") as file:
        while block := stream.read(_BLOCK):
            size += len(block)
            refuse_growth(entry.filename, size, entry.compress_size)
            file.write(block)
