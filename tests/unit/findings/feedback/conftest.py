import pytest

from retention_lab.text import Text


@pytest.fixture
def text() -> Text:
    return Text("en", "EUR")
