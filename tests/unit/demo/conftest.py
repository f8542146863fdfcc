"""One small demo, drawn once: as it is (`population`) and as it is sent (`demo`)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retention_lab.demo.generator import generate_demo
from retention_lab.demo.population import draw_population

CUSTOMERS = 8_000


@pytest.fixture(scope="session")
def population() -> pd.DataFrame:
    return draw_population(CUSTOMERS, np.random.default_rng(2026))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients") / "demo"
    generate_demo(folder, customers=CUSTOMERS, seed=7)
    return folder
