"""What an export calls a language, as its two letters."""

from retention_lab.tables.feedback_file import LANGUAGE_CODES
from retention_lab.tables.verbatims.folding import folded

_NAMES = {
    "en": "eng english inglese ingles anglais anglescina anglesko englisch",
    "it": "ita italian italiano italien italijanscina italijansko italienisch",
    "es": "spa esp spanish spagnolo espanol castellano espagnol spanscina spansko spanisch castilian",
    "fr": "fra fre french francese frances francais francoscina francosko franzosisch",
    "sl": "slv slo si slovene slovenian sloveno esloveno slovene slovenscina slovensko slowenisch",
    "de": "deu ger german tedesco aleman allemand nemscina nemsko deutsch",
    "pt": "por portuguese portoghese portugues portugais portugalscina",
    "hr": "hrv croatian croato croata croate hrvascina hrvatski",
    "sr": "srp serbian serbo serbio serbe srbscina srpski",
    "bs": "bos bosnian bosniaco bosanski",
    "nl": "nld dut dutch olandese neerlandes neerlandais nizozemscina",
    "pl": "pol polish polacco polaco polonais poljscina",
    "ro": "ron rum romanian rumeno rumano roumain romunscina",
    "ca": "cat catalan catalano catala",
    "sq": "sqi alb albanian albanese albanes albanais albanscina shqip",
    "hu": "hun hungarian ungherese hungaro hongrois madzarscina magyar",
    "ru": "rus russian russo ruso russe ruscina",
    "uk": "ukr ukrainian ucraino ucraniano ukrainien ukrajinscina",
    "ar": "ara arabic arabo arabe arabscina",
    "zh": "zho chi chinese cinese chino chinois kitajscina",
    "tr": "tur turkish turco turc turscina",
    "eu": "eus baq basque basco vasco euskera",
    "gl": "glg galician gallego galego",
}
_CODES = {name: code for code, names in _NAMES.items() for name in names.split()}


def said_language(written: str) -> str:
    """`it` for `it`, `it-IT`, `ITA` or `Italian`; blank where no language is called so."""
    word = folded(written.strip()).replace("_", "-").split("-")[0].split(" ")[0].split("(")[0]
    if word in LANGUAGE_CODES and word != "si":
        return word
    return _CODES.get(word, "")
