"""What the first comments of a process pay for and later ones do not, paid ahead: the language model and the lists."""

from retention_lab.analysis.feedback.entries import LANGUAGES
from retention_lab.analysis.feedback.intents import load_intent
from retention_lab.analysis.feedback.languages import load_reader
from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.themes import load_themes


def warm_up() -> None:
    """Read the lists of all languages, and the model that tells them apart."""
    load_reader(LANGUAGES)
    for language in LANGUAGES:
        load_lexicon(language)
        load_themes(language)
        for intent in ("complaint", "leaving"):
            load_intent(intent, language)
