"""Clients whose customers write, made by formula: odd ones, and such as hold what must never be seen."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

# By language: what is said of something bad, good and neither, of what, and when.
_SAID = {
    "it": (
        "Pessimo davvero|Sono deluso e arrabbiato per|Disdico il contratto, vergognoso|Reclamo contro",
        "Ottimo e gentile|Sono molto contento di|Consigliatissimo e veloce|Perfetto, bravi per",
        "Niente di speciale per|Così così, né bene né male|Nella media|Va bene",
        "la fattura|il pacco|il tecnico|il negozio|la linea|l'assistenza|l'app|il prezzo|i punti",
        "ieri|oggi|stamattina|lunedì|martedì|giovedì|in agosto|da mesi|stasera|a Natale|sempre",
    ),
    "en": (
        "Terrible, really|I am disappointed and angry about|I cancel my contract, shame on|I complain about",
        "Excellent and kind|I am very happy with|Highly recommended and fast|Perfect, well done for",
        "Nothing special about|So so, neither good nor bad|About average|It is okay",
        "the bill|the parcel|the technician|the shop|the line|the support|the app|the price|the points",
        "yesterday|today|this morning|on Monday|on Tuesday|in August|for months|tonight|at noon|always|last week",
    ),
}
_MARKS = (1, 5, 2, 5, 1, 3)
ROW = np.arange(300)
_BEGAN = pd.Timestamp("2022-01-01") + pd.to_timedelta(ROW * 37 % 1000, unit="D")
_ENDED = _BEGAN + pd.to_timedelta(100 + ROW * 53 % 1300, unit="D")
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": [f"Kunde-{row:04d}" for row in ROW],
        "started_on": _BEGAN.strftime("%Y-%m-%d"),
        "ended_on": pd.Series(_ENDED.strftime("%Y-%m-%d")).where((ROW % 3 == 0) & (_ENDED <= "2025-12-20"), ""),
        "monthly_value": 10.0 + ROW % 40,
        "name": "",
    }
)
_CANONICAL = {
    "feedback_id", "received_at", "customer_id", "channel", "question", "text", "rating", "rating_scale", "language",
    "started_on", "ended_on", "monthly_value", "name", "tenure", "churned", "occurred_at", "amount",
}  # fmt: skip


def comments(n: int = 240, languages: tuple[str, ...] = ("it", "en")) -> pd.DataFrame:
    """Comments of a hundred customers within a year, with marks from 1 to 5 that fit them."""
    rows = []
    for row in range(n):
        language, turn = languages[row % len(languages)], row // len(languages)
        mark = _MARKS[turn % len(_MARKS)]
        bad, good, neither, things, times = (parts.split("|") for parts in _SAID[language])
        opening = (bad if mark < 3 else good if mark > 3 else neither)[turn * 5 % 7 % 4]
        day = pd.Timestamp("2025-02-01") + pd.Timedelta(days=row * 37 % 330)
        rows.append(
            {
                "feedback_id": f"F{row:05d}",
                "received_at": day.strftime("%Y-%m-%d"),
                "customer_id": f"Kunde-{row * 7 % 100:04d}",
                "channel": ("mail", "chat", "shop")[row % 3],
                "text": f"{opening} {things[turn % 9]}, {times[turn % 11]}.",
                "rating": mark,
                "rating_scale": "1-5",
            }
        )
    return pd.DataFrame(rows)


def write_client(
    home: Path, tables: dict[str, pd.DataFrame], changes: dict[str, Any], specs: dict[str, dict[str, Any]]
) -> Path:
    """A workspace without playbooks and with one client; comments with NUL characters in them go into Parquet."""
    folder = home / "data" / "odd"
    folder.mkdir(parents=True)
    (home / "playbooks").mkdir()
    (home / "out").mkdir()
    file: dict[str, Any] = {"name": "Odd", "observed_through": "2026-01-01", "tables": {}}
    file |= {"feedback": {"languages": ["it", "en"]}} | changes
    for name, frame in tables.items():
        spec: dict[str, Any] = {"source": f"{name}.csv", "columns": {one: one for one in frame if one in _CANONICAL}}
        spec |= {"entry": "unknown"} if name == "customers" else {}
        spec |= {"unit": "months"} if "tenure" in frame else {}
        if "text" in frame and frame.text.str.contains("\0").any():
            spec["source"] = f"{name}.parquet"
            frame.assign(received_at=pd.to_datetime(frame.received_at)).to_parquet(folder / f"{name}.parquet")
        else:
            frame.to_csv(folder / f"{name}.csv", index=False)
        file["tables"][name] = spec | specs.get(name, {})
    written = {key: value for key, value in file.items() if value is not None}
    (folder / "client.yml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    return folder
