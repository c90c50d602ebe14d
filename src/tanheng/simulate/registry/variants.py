"""Packs of a run: the invented programme's, and others that differ where it matters."""

from __future__ import annotations

from functools import cache
from typing import Any

from tanheng.errors import Fault
from tanheng.rules import Pack, load_pack

_FEW = ("transfer", "close_registry", "reverse", "issue")
_MANY = (
    "transfer", "surrender", "cancel", "allocate", "issue", "reverse", "freeze", "unfreeze",
    "open_account", "close_account", "represent", "trust", "deduct", "convert", "carry_over",
    "import_credits", "close_registry", "hold", "return", "export_units", "set_limit",
)  # fmt: skip


def _variant(base: Pack, name: str, values: dict[str, Any], lacking: str = "") -> Pack:
    controls = base.controls.model_copy(update={
        key: getattr(base.controls, key).model_copy(update={"value": value})
        for key, value in values.items()
    })  # fmt: skip
    kinds = {key: kind for key, kind in base.kinds.items() if key != lacking}
    for key, ways in (("ESQ", {"CCER": (1, 2)}), ("CCER", {"ESQ": (3, 1)})):
        if key in kinds:
            kinds[key] = kinds[key].model_copy(update={"convertible_to": ways})
    if "COD" in kinds:
        kinds["COD"] = kinds["COD"].model_copy(update={"smallest": 5})
    made = base.model_copy(update={"id": name, "controls": controls, "kinds": kinds})
    made.__dict__.pop("hours", None)
    # What tells packs apart is their files; these have none of their own.
    return made.with_files({**base.files, "parameters/variant.yaml": name.encode()})


@cache
def variants() -> tuple[Pack, ...]:
    """The strict one, looser ones, and one that lacks a kind (nobody may adopt it)."""
    base = load_pack("demo-ets")
    if not isinstance(base, Pack):
        raise Fault("; ".join(finding.message() for finding in base[:3]))
    limit = base.controls.amount_limit.value
    low = limit.model_copy(update={"central": 30, "national": 35})
    velocity = base.controls.velocity_alarm.value.model_copy(update={"count": 3})
    return (
        _variant(base, "strict", {"amount_limit": low}),
        _variant(base, "loose", {
            "four_eyes": _FEW, "velocity_alarm": velocity, "amount_limit": low,
            "closed_registry_allows": ("surrender", "release", "transfer"),
        }),
        _variant(base, "quick", {
            "four_eyes": (), "initiator_is_not_approver": False, "reverse_within_days": None,
            "block_order": {
                "default": ("highest_serial",),
                "surrender": ("unrestricted_first", "newest_vintage"),
            },
        }),
        _variant(base, "many", {
            "four_eyes": _MANY, "trusted_immediate": False, "frozen_account_may": (),
            "void_order": ("pending", "pledge", "custody", "repurchase", "bid", "order"),
            "block_order": {
                "default": ("lowest_serial",),
                "surrender": ("restricted_first", "highest_serial"),
            },
        }),
        _variant(base, "poor", {}, lacking="CCER"),
    )  # fmt: skip
