"""What reading comments takes: the demo's, and a hundred thousand in five languages, beside VADER on the same texts.

    python bench/feedback.py                  # both sizes
    python bench/feedback.py --customers 20000

The whole playbook is run as `retention-lab run` runs it, accuracy card, shares, themes and lists included, with 2 GiB
as the limit: a run that takes more is ended. Seconds are those of the notebook on its warm kernel. VADER only scores;
it has to read English, and nothing of what the other columns say.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from retention_lab.demo.generator import generate_demo

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# Customers of the demo's generator, and the seconds that may be taken.
SIZES = {20_000: 15, 150_000: 240}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, action="append")
    sizes = arguments.parse_args().customers or list(SIZES)
    print(f"{'comments':>9} {'seconds':>8} {'a second':>9} {'VADER a second':>15}   macro-F1, the weakest language")
    late = [n for n in sizes if not measured(n)]
    sys.exit(f"too slow: {late} customers" if late else 0)


def measured(customers: int) -> bool:
    """Run one size and print its row; whether it was fast enough."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "playbooks").symlink_to(ROOT / "playbooks")
        generate_demo(home / "data" / "demo", customers=customers)
        seconds = run(home)
        card = pd.read_csv(next(home.glob("reports/demo/*/*/accuracy.csv")))
        whole = card[(card.scope == "language") & card.language.notna()]
        said = pd.read_csv(home / "data" / "demo" / "feedback.csv", sep=";", dtype=str).comment.dropna()
        theirs = vader(said.to_list())
    n = int(card[card.scope == "language"].n_comments.sum())
    print(f"{n:9,} {seconds:8.1f} {n / seconds:9,.0f} {theirs:15,.0f}   {whole.quality_macro_f1.min():.3f}", flush=True)
    return seconds <= SIZES.get(customers, float("inf"))


def run(home: Path) -> float:
    """Seconds of the notebook, from its run.json."""
    command = [str(BIN / "retention-lab"), "run", "demo", "--playbook", "feedback-sentiment", "--memory-gib", "2"]
    surroundings = os.environ | {"RETENTION_LAB_HOME": str(home)}
    done = subprocess.run(command, cwd=home, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    record = json.loads(next(home.glob("reports/demo/*/*/run.json")).read_text(encoding="utf-8"))
    return float(record["durations"]["notebook"])


def vader(texts: list[str]) -> float:
    """Comments a second."""
    analyser, start = SentimentIntensityAnalyzer(), time.perf_counter()
    for text in texts:
        analyser.polarity_scores(text)
    return len(texts) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
