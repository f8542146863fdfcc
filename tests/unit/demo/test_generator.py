from pathlib import Path

import pyarrow.parquet as pq
import pytest

from retention_lab.demo.generator import FEWEST_CUSTOMERS, generate_demo
from retention_lab.errors import DataError, ParameterError

FILES = [
    ".key",
    "client.yml",
    "customers.csv",
    "experiments.csv",
    "feedback.csv",
    "loyalty.csv",
    "transactions.parquet",
]
COMMITTED = Path(__file__).parents[3] / "data" / "demo"


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_size_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate_demo(tmp_path / name, customers=1_000, seed=3)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_another_seed_gives_other_data_and_another_key(tmp_path: Path) -> None:
    for seed in (3, 4):
        generate_demo(tmp_path / str(seed), customers=1_000, seed=seed)
    first, second = _bytes(tmp_path / "3"), _bytes(tmp_path / "4")
    assert [name for name in FILES if first[name] == second[name]] == ["client.yml"]


@pytest.mark.parametrize("customers", [FEWEST_CUSTOMERS, 3_000])
def test_it_makes_clients_of_other_sizes(tmp_path: Path, customers: int) -> None:
    generate_demo(tmp_path / "demo", customers=customers)
    assert sorted(_bytes(tmp_path / "demo")) == FILES
    lines = (tmp_path / "demo" / "customers.csv").read_text(encoding="cp1252").splitlines()
    assert customers < len(lines) - 1 < customers * 1.01


def test_the_committed_demo_is_what_the_generator_makes(tmp_path: Path) -> None:
    generate_demo(tmp_path / "demo")
    for name in FILES[:-1]:
        assert (tmp_path / "demo" / name).read_bytes() == (COMMITTED / name).read_bytes(), name
    # Not byte by byte: the file names the version of pyarrow that wrote it.
    made, committed = (pq.read_table(folder / FILES[-1]) for folder in (tmp_path / "demo", COMMITTED))
    assert made.equals(committed)


def test_the_committed_demo_is_small() -> None:
    assert sum(path.stat().st_size for path in COMMITTED.iterdir() if path.is_file()) < 8_000_000
    assert (COMMITTED / "feedback.csv").stat().st_size < 3_000_000


def test_the_files_are_written_as_the_client_writes_them(demo: Path) -> None:
    customers = (demo / "customers.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        customers.decode("utf-8")
    assert customers.decode("cp1252").startswith("Customer No;Name;Activated;Terminated;Reason;Contract;Payment;")
    assert (demo / "loyalty.csv").read_bytes().startswith(b"\xef\xbb\xbfcard,customer,when,movement,pts,worth\n")
    said = (demo / "feedback.csv").read_bytes().decode("utf-8")
    assert said.startswith("ref;received;customer;channel;score;scale;question;comment\nF-000001;")
    assert pq.read_schema(demo / "transactions.parquet").names == ["tx", "customer", "booked", "gross", "item"]


def test_the_key_is_32_hex_digits(demo: Path) -> None:
    key = (demo / ".key").read_text(encoding="ascii")
    assert key.endswith("\n")
    assert len(bytes.fromhex(key)) == 16


def test_it_never_writes_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="not empty"):
        generate_demo(tmp_path, customers=1_000)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_it_writes_into_an_empty_folder(tmp_path: Path) -> None:
    generate_demo(tmp_path, customers=1_000)
    assert sorted(_bytes(tmp_path)) == FILES


@pytest.mark.parametrize(("customers", "seed"), [(FEWEST_CUSTOMERS - 1, 1), (1_000, -1)])
def test_a_size_or_seed_that_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, customers: int, seed: int
) -> None:
    with pytest.raises(ParameterError, match="or more"):
        generate_demo(tmp_path / "demo", customers=customers, seed=seed)
    assert not (tmp_path / "demo").exists()
