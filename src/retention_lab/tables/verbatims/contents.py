"""Whether a comment says anything in words: many say no more than a sign, or that there is nothing to say."""

import re
from typing import Literal

from retention_lab.tables.verbatims.folding import folded
from retention_lab.tables.verbatims.masking import MASK

Content = Literal["words", "signs", "none"]

_EMOJI = (
    "\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2190-\u21ff\u2b00-\u2bff\u200d\ufe0f\u20e3"
)
_SIGN = re.compile(
    rf"[{_EMOJI}]|[:;=8xX][-o^']?[)(\]\[DPp/\\|*]+(?!\w)|[)(]{{1,3}}[-^']?[:;=]|<3|\^_?\^|\bX+D+\b", re.I
)
_WORD = re.compile(r"[^\W_]+")
# Longer answers are never one of those below.
_LONGEST = 40
_ANSWERS = """
    n a, na, n d, nd, none, nothing, nothing to add, nothing to say, no comment, no comments, without comment, nil,
    null, nan, not applicable, no, nope, no answer, x, xx, xxx, xxxx, asdf, blank, empty, nessuno, nessuna, niente,
    nulla, nessun commento, senza commento, niente da dire, niente da aggiungere, nulla da aggiungere, nulla da
    segnalare, niente da segnalare, non saprei, non so, nessun suggerimento, nada, ninguno, ninguna, ningun
    comentario, sin comentario, sin comentarios, nada que decir, nada que anadir, no se, no aplica, no procede,
    ninguna sugerencia, rien, aucun, aucune, neant, ras, r a s, rien a dire, rien a signaler, rien a ajouter, sans
    commentaire, pas de commentaire, pas de commentaires, aucun commentaire, non, sans objet, s o, sans avis, nic,
    nicesar, nimam, nimam komentarja, nimam pripomb, brez komentarja, brez pripomb, brez, ni komentarja, ni pripomb,
    ni, ne, nic posebnega, nimam kaj dodati, ne vem
"""
_NOTHING = frozenset(" ".join(answer.split()) for answer in _ANSWERS.split(","))


def content_of(text: str) -> Content:
    """`words`; `signs` where there are only emoji and faces; `none` where there is nothing, or that is the answer."""
    if len(text) > _LONGEST and text[0].isalpha():
        return "words"
    bare = MASK.sub(" ", text)
    spoken = _SIGN.sub(" ", bare)
    words = _WORD.findall(folded(spoken))
    if not words or (len(text) <= _LONGEST and " ".join(words) in _NOTHING):
        return "signs" if spoken != bare else "none"
    return "words"
