from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from retention_lab.tables.assignments import load_assignments, write_assignments
from retention_lab.tables.client import OUTPUT, Client
from retention_lab.tables.planned import draw_variants, find_eligible, write_plan

KEY = b"0" * 32
SHARES = {"hold_out": 0.2, "email": 0.4, "letter": 0.4}
WaveOf = Callable[..., None]


def people(n: int = 1000) -> pd.DataFrame:
    regions = ["north", "south", None, "a, b"]
    return pd.DataFrame(
        {"customer_id": [f"C{i:05d}" for i in range(n)], "region": [regions[i % 7 % 4] for i in range(n)]}
    )


@pytest.fixture
def client(write_client: Callable[..., Path]) -> Client:
    folder = write_client("ID;Start;End\nC00000;2025-01-01;\n", read={"delimiter": ";", "dates": "ymd"})
    (folder / ".key").write_text("0" * 64)
    return Client(folder)


@pytest.fixture
def wave(client: Client) -> WaveOf:
    """Keep an earlier wave of a list in the client's folder."""

    def keep(name: str, day: date, variants: dict[str, str]) -> None:
        frame = pd.DataFrame(
            {"customer_id": list(variants), "variant": list(variants.values()), "stratum": "s", "seed": "x"}
        )
        write_assignments(client.folder, f"{name}-{day}", frame, day)

    return keep


def test_each_stratum_and_the_whole_have_their_shares() -> None:
    found = draw_variants(people(), SHARES, "spring", KEY)

    for _, rows in [("all", found), *found.groupby("stratum")]:
        for variant, share in SHARES.items():
            assert abs((rows.variant == variant).sum() - share * len(rows)) < 1
    assert set(found.stratum) == {"region=", "region=a, b", "region=north", "region=south"}
    assert found.customer_id.tolist() == people().customer_id.tolist()


def test_the_same_customers_are_drawn_whatever_the_order() -> None:
    first = draw_variants(people(), SHARES, "spring", KEY)
    again = draw_variants(people().iloc[::-1], dict(reversed(SHARES.items())), "spring", KEY)

    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(("name", "key", "seed"), [("summer", KEY, 1), ("spring", b"1" * 32, 1), ("spring", KEY, 2)])
def test_another_name_key_or_seed_draws_independently(name: str, key: bytes, seed: int) -> None:
    first, other = (draw_variants(people(), {"hold_out": 0.5, "offer": 0.5}, *asked, seed=n)
                    for asked, n in ((("spring", KEY), 1), ((name, key), seed)))  # fmt: skip

    # Four standard errors around one half.
    assert abs((first.variant == other.variant).mean() - 0.5) < 4 * (0.25 / 1000) ** 0.5
    assert first.seed[0] != other.seed[0]


def test_who_gets_what_has_nothing_to_do_with_the_order_of_the_ids() -> None:
    found = draw_variants(people(2000)[["customer_id"]], {"hold_out": 0.5, "offer": 0.5}, "spring", KEY)

    half = Counter(found.variant[:1000])
    # Four standard errors; drawn in blocks or by turns, the first half would have all or exactly half of one variant.
    assert 0 < abs(half["offer"] - 500) < 4 * (1000 * 0.25 / 2) ** 0.5
    runs = (found.variant != found.variant.shift()).sum()
    assert 900 < runs < 1100


def test_nobody_can_be_drawn_too() -> None:
    assert draw_variants(people(0), SHARES, "spring", KEY).empty


def test_whom_another_list_holds_out_and_who_was_drawn_before_are_left_out(client: Client, wave: WaveOf) -> None:
    wave("winback", date(2026, 10, 20), {"C00001": "hold_out", "C00002": "contact", "C00003": "hold_out"})
    wave("winback", date(2026, 1, 1), {"C00004": "hold_out"})
    wave("spring", date(2026, 3, 1), {"C00003": "hold_out", "C00005": "hold_out"})

    found = find_eligible(client, people(8), "spring", 30)

    # The hold-out of January is over after 30 days; nobody is drawn twice for one experiment, however long ago.
    assert found.customers.customer_id.tolist() == ["C00000", "C00002", "C00004", "C00006", "C00007"]
    assert (found.n_held_out, found.n_drawn_before) == (1, 2)


def test_whom_a_list_held_out_for_the_sake_of_another_can_be_drawn_once_that_is_over(
    client: Client, wave: WaveOf
) -> None:
    wave("churn", date(2026, 10, 20), {"C00001": "hold_out"})
    path = client.folder / "assignments" / "churn-2026-10-20.csv"
    path.write_text(path.read_text().replace('"s"', '"held out by winback"'))

    assert find_eligible(client, people(3), "spring", 30).n_held_out == 0


def test_drawn_again_on_the_same_day_it_comes_out_the_same(client: Client, wave: WaveOf) -> None:
    before = find_eligible(client, people(8), "spring", 30).customers
    wave("spring", client.as_of, dict.fromkeys(before.customer_id, "hold_out"))

    again = find_eligible(Client(client.folder), people(8), "spring", 30).customers

    pd.testing.assert_frame_equal(before, again)


def test_what_is_written_is_read_again(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OUTPUT, str(tmp_path))
    drawn = draw_variants(people(20), {"hold_out": 0.2, "contact": 0.8}, "spring", client.key)

    (path,) = write_plan(client, "spring", drawn)

    assert path == tmp_path / "assignments" / "spring-2026-10-31.csv"
    found = load_assignments(tmp_path)
    assert dict(zip(found.customer_id, found.variant, strict=True)) == dict(
        zip(drawn.customer_id, drawn.variant, strict=True)
    )
    assert write_plan(client, "spring", drawn.head(0)) == []


def test_nobody_is_put_into_an_experiment_of_the_past(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT, str(tmp_path))
    earlier = Client(client.folder, as_of="2026-06-30")

    assert write_plan(earlier, "spring", draw_variants(people(20), SHARES, "spring", earlier.key)) == []
    assert not (tmp_path / "assignments").exists()
