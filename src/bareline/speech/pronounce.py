"""How is a word pronounced that is in no dictionary, in the phonemes of the recogniser?

espeak-ng says it (en-us); its phonemes are written as the ARPAbet of CMUdict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from bareline.speech.espeak_process import EspeakProcess

__all__ = ["arpabet", "phonemes", "pronounce"]

_KNOWN_MAX = 10_000
"""Words whose pronunciation is remembered; then all are forgotten."""
_ESPEAK_LANGUAGE = "en-us"
_SEPARATORS = "_ "
_ARPABET = {
    # consonants
    **{symbol: symbol.upper() for symbol in "pbtdkgfvszmnlrw"},
    "t#": "T",
    "t2": "T",
    "d#": "D",
    "?": "T",
    "x": "K",
    "l#": "L",
    "L": "L",
    "r2": "R",
    "h": "HH",
    "j": "Y",
    "T": "TH",
    "D": "DH",
    "S": "SH",
    "Z": "ZH",
    "tS": "CH",
    "dZ": "JH",
    "N": "NG",
    "w#": "W",
    "W": "W",
    # syllabic consonants
    "@L": "AH L",
    "n-": "AH N",
    "m-": "AH M",
    "l-": "AH L",
    "r-": "ER",
    # vowels
    "a": "AE",
    "aa": "AE",
    "a#": "AH",
    "A": "AA",
    "A:": "AA",
    "0": "AA",
    "O": "AO",
    "O:": "AO",
    "O2": "AO",
    "E": "EH",
    "E2": "IH",
    "I": "IH",
    "I2": "IH",
    "I#": "IH",
    "i": "IY",
    "i:": "IY",
    "U": "UH",
    "u:": "UW",
    "u": "UW",
    "V": "AH",
    "@": "AH",
    "@2": "AH",
    "@5": "AH",
    "@-": "",
    "3": "ER",
    "3:": "ER",
    "eI": "EY",
    "aI": "AY",
    "OI": "OY",
    "aU": "AW",
    "oU": "OW",
    # vowels before r
    "A@": "AA R",
    "O@": "AO R",
    "o@": "AO R",
    "e@": "EH R",
    "i@": "IY AH",
    "i@3": "IH R",
    "U@": "UH R",
    "aI3": "AY ER",
    "aI@": "AY AH",
    "aU@": "AW ER",
    ";": "",
}
_known: dict[str, tuple[str, ...]] = {}


def phonemes(texts: Iterable[str]) -> list[str]:
    """espeak-ng's phoneme mnemonics (en-us) for each text, with ``_`` between phonemes and blanks between words."""
    wanted = list(texts)
    if not wanted:
        return []
    process = EspeakProcess()
    try:
        answers = process.ask({"voice": _ESPEAK_LANGUAGE, "words": wanted})
    finally:
        process.close()
    return json.loads(answers[0][1])


def pronounce(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The pronunciation of each word in ARPAbet, as pocketsphinx's model needs it: ``("B", "AY")``.

    A word of which espeak-ng says nothing (bare punctuation) has none. Remembered; asking for many words at once takes
    20 ms or so. Raises ``MissingExtra`` and ``EngineError``.
    """
    wanted = list(dict.fromkeys(words))
    unknown = [word for word in wanted if word not in _known]
    if len(_known) + len(unknown) > _KNOWN_MAX:
        _known.clear()
        unknown = wanted
    _known.update(zip(unknown, map(arpabet, phonemes(unknown)), strict=True))
    return {word: _known[word] for word in wanted}


def arpabet(mnemonics: str) -> tuple[str, ...]:
    """ARPAbet for espeak-ng's mnemonics; stress is dropped, as the model knows none."""
    for separator in _SEPARATORS:
        mnemonics = mnemonics.replace(separator, " ")
    phones = [phone for symbol in mnemonics.split() for phone in _phones(symbol.strip("',%=|!")).split()]
    # The vowel of "bird" holds its r already.
    return tuple(phone for before, phone in zip(["", *phones], phones, strict=False) if (before, phone) != ("ER", "R"))


def _phones(symbol: str) -> str:
    """The longest known beginning of ``symbol`` counts: mnemonics carry marks at their end."""
    for length in range(len(symbol), 0, -1):
        if symbol[:length] in _ARPABET:
            return _ARPABET[symbol[:length]]
    return ""
