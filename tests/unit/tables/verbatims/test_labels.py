from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from retention_lab.errors import ParameterError
from retention_lab.tables.client import OUTPUT, Client
from retention_lab.tables.verbatims.label_sheets import is_filled
from retention_lab.tables.verbatims.labels import SHEET_COLUMNS, load_labels, write_label_sheet

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]
HEAD = "feedback_id,purpose,language,received_on,text,label,complaint,leaving,rater\n"


@pytest.fixture
def client(write_client: Write) -> Client:
    read = {"source": "f.csv", "columns": {"received_at": "when", "text": "said", "feedback_id": "no"}}
    folder = write_client("ID,Start,End\nC1,2025-01-01,\n", tables={"feedback": read})
    rows = "".join(f"2026-03-01,comment,{number:04}\n" for number in range(1, 9))
    (folder / "f.csv").write_text("when,said,no\n" + rows, "utf-8")
    (folder / "labels").mkdir()
    return Client(folder)


def put(client: Client, text: str | bytes, name: str = "audit") -> Path:
    path = client.folder / "labels" / f"{name}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def test_answers_are_read_in_five_languages_and_blank_rows_are_counted(client: Client) -> None:
    put(
        client,
        HEAD + "0001,random,it,,t,Negativo,sì,NO,ana\n0002,random,it,,t,+,,,ana\n0003,uncertain,it,,t,0,oui,da,\n"
        "0004,random,it,,t,,,,\n0005,random,it,,t,négatif,ne,non,ana\n",
    )
    found = load_labels(client)

    assert found.frame.to_numpy().tolist() == [
        ["0001", "random", "negative", True, False, "ana"],
        ["0002", "random", "positive", None, None, "ana"],
        ["0003", "uncertain", "neutral", True, True, "audit"],
        ["0005", "random", "negative", False, False, "ana"],
    ]
    assert (found.n_sheets, found.n_blank, found.n_unknown) == (1, 1, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_sheets_are_read_as_spreadsheets_save_them(client: Client, encoding: str, delimiter: str) -> None:
    text = "feedback_id,purpose,text,label\n0001,random,però,negative\n".replace(",", delimiter)
    put(client, text.encode(encoding))

    assert load_labels(client).frame.label.tolist() == ["negative"]


def test_two_raters_of_one_comment_are_both_kept(client: Client) -> None:
    put(client, HEAD + "0001,random,,,,neg,,,\n", "ana")
    put(client, HEAD + "0001,random,,,,neu,,,\n", "bor")

    assert load_labels(client).frame.rater.tolist() == ["ana", "bor"]


def test_all_that_cannot_be_read_is_told_together_with_its_row(client: Client, told: Told) -> None:
    put(client, HEAD + "0001,random,,,,awful,maybe,,\n1,random,,,,neg,,,\n0003,sometimes,,,,neg,,,\n", "one")
    put(client, HEAD + "0004,random,,,,neg,,,x\n0004,random,,,,pos,,,x\n0005,random,,,,,yes,,\n", "two")
    put(client, "id,what\n1,2\n", "three")
    message = told(lambda: load_labels(client))

    for part in (
        "labels/one.csv: row 2: label 'awful'",
        "negative, neutral or positive",
        "row 2: complaint 'maybe'",
        "row 3: feedback_id '1', which has lost noughts",
        "row 4: purpose 'sometimes'",
        "labels/two.csv: row 3: feedback_id '0004' again",
        "row 4: label ''",
        "labels/three.csv: there is no column feedback_id, purpose, label",
    ):
        assert part in message


def test_labels_of_comments_that_are_not_there_are_counted(client: Client) -> None:
    put(client, HEAD + "9999,random,,,,neg,,,\n")

    assert load_labels(client).n_unknown == 1


def test_without_sheets_there_are_no_labels(client: Client) -> None:
    found = load_labels(client)

    assert found.frame.empty
    assert list(found.frame) == ["feedback_id", "purpose", "label", "complaint", "leaving", "rater"]


def sample() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "feedback_id": ["0001", "0002"],
            "purpose": ["random", "uncertain"],
            "language": ["it", ""],
            "received_on": pd.to_datetime(["2026-03-01", "2026-03-02"]),
            "text": ['=HYPERLINK("x")', 'he said "no"\nthen left'],
        }
    )


def test_a_sheet_is_written_that_reads_back_once_it_is_filled_in(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    monkeypatch.setenv(OUTPUT, str(output))
    path = write_label_sheet(client, sample(), "audit-2026")

    assert path == output / "labels" / "audit-2026.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    sheet = pd.read_csv(path, dtype=str)
    assert tuple(sheet) == SHEET_COLUMNS
    assert sheet.text[0] == '\'=HYPERLINK("x")'
    assert sheet.received_on.tolist() == ["2026-03-01", "2026-03-02"]
    assert not is_filled(path)
    sheet.assign(label=["neg", ""]).to_csv(client.folder / "labels" / "audit-2026.csv", index=False)
    assert is_filled(client.folder / "labels" / "audit-2026.csv")
    assert load_labels(client).frame.feedback_id.tolist() == ["0001"]


def test_a_sheet_that_is_there_is_never_written_over(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT, str(tmp_path))
    filled = put(client, HEAD + "0001,random,,,,neg,,,\n")

    assert write_label_sheet(client, sample(), "audit") == filled
    assert "0001,random,,,,neg" in filled.read_text("utf-8")
    assert not (tmp_path / "labels").exists()


def test_a_name_that_leads_elsewhere_is_refused(client: Client) -> None:
    with pytest.raises(ParameterError):
        write_label_sheet(client, sample(), "../audit")
