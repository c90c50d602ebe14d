"""One JSON document on standard output."""

from __future__ import annotations

import json


def print_json(value: object) -> None:
    """Print plain data as one JSON document; figures keep all their digits."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))
