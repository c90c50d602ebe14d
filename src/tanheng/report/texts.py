"""The report's sentences by key, from ``texts.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tanheng.report.numbers import LANGUAGES, Bilingual


@cache
def sentences() -> Mapping[str, Bilingual]:
    """All of them."""
    raw = tomllib.loads((files("tanheng.report") / "texts.toml").read_text(encoding="utf-8"))
    return {key: Bilingual(entry["zh"], entry["en"]) for key, entry in raw.items()}


def say(key: str, **values: str | Bilingual) -> Bilingual:
    """A sentence with its places filled in; a bilingual value goes into its own language."""
    sentence = sentences()[key]
    if not values:
        return sentence
    filled = []
    for language in LANGUAGES:
        said = {
            name: value.of(language) if isinstance(value, Bilingual) else value
            for name, value in values.items()
        }
        filled.append(sentence.of(language).format_map(said))
    return Bilingual(*filled)
