"""Packs of a run: the invented programme's market, and others that differ where it matters."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from tanheng.errors import Fault
from tanheng.rules import Pack, load_pack
from tanheng.rules.market import Segment
from tanheng.rules.parameters import Parameter

SEGMENTS = ("listed", "bidding", "evening", "block", "auction", "oneway", "compliance")
INSTRUMENTS = ("DMA-2016", "DMA-2017", "CCER", "ESQ")
_CALM = ("issue", "freeze")


def _parameters(base: Pack, numbers: dict[str, dict[str, str]]) -> dict[str, Parameter]:
    """The pack's parameters with other numbers: name → segment or class (``""``: all) → value."""
    found = dict(base.parameters)
    for name, values in numbers.items():
        first = found[name].values[0]
        found[name] = found[name].model_copy(update={"values": tuple(
            first.model_copy(update={
                "since": date(2013, 1, 1), "of": of or None, "value": Decimal(value),
            })
            for of, value in values.items()
        )})  # fmt: skip
    return found


def _changing(pack: Pack, name: str, values: tuple[str, ...]) -> Pack:
    """The pack with a parameter that takes another value every few days."""
    first = pack.parameters[name].values[0]
    dated = tuple(
        first.model_copy(update={
            "since": date(2015, 12, 1) + timedelta(days=3 * n), "of": None,
            "value": Decimal(values[n % len(values)]),
        })
        for n in range(500)
    )  # fmt: skip
    changed = pack.parameters[name].model_copy(update={"values": dated})
    made = pack.model_copy(
        update={"id": "moving", "parameters": {**pack.parameters, name: changed}}
    )
    made.__dict__.pop("hours", None)
    return made.with_files({**pack.files, "parameters/variant.yaml": b"moving"})


def _variant(
    base: Pack, name: str, numbers: dict[str, dict[str, str]], market: dict[str, Any],
    segments: dict[str, dict[str, Any]], controls: dict[str, Any],
) -> Pack:  # fmt: skip
    rules = base.market
    assert rules is not None
    changed: dict[str, Segment] = dict(rules.segments)
    for segment, values in segments.items():
        changed[segment] = changed[segment].model_copy(update={
            key: getattr(changed[segment], key).model_copy(update={"value": value})
            for key, value in values.items()
        })  # fmt: skip
    choices = {
        key: getattr(rules, key).model_copy(update={"value": value})
        for key, value in market.items()
    }
    said = {
        key: getattr(base.controls, key).model_copy(update={"value": value})
        for key, value in {"four_eyes": _CALM, **controls}.items()
    }
    made = base.model_copy(update={
        "id": name, "market": rules.model_copy(update={"segments": changed, **choices}),
        "parameters": _parameters(base, {"amount_minimum": {"block": "100"}, **numbers}),
        "controls": base.controls.model_copy(update=said),
    })  # fmt: skip
    made.__dict__.pop("hours", None)
    # What tells packs apart is their files; these have none of their own.
    return made.with_files({**base.files, "parameters/variant.yaml": name.encode()})


@cache
def variants() -> tuple[Pack, ...]:
    """As the invented programme has it; with lots, ticks and fees; delivered late; strict; with a
    fee that changes."""
    base = load_pack("demo-ets")
    if not isinstance(base, Pack):
        raise Fault("; ".join(finding.message() for finding in base[:3]))
    plain = _variant(base, "plain", {"position_limit": {"individual": "5000"}}, {}, {}, {})
    return (
        plain,
        _variant(
            base, "lots", {
                "tick": {"": "5"}, "lot": {"": "10"}, "trade_fee_share": {"": "0.0037"},
                "position_limit": {"individual": "2000"},
            },
            {"self_trade": "cancel_incoming", "close": "last", "annulment": "none"},
            {}, {"four_eyes": ("deposit", "annul", "open_auction", "issue"),
                 "frozen_account_may": ("surrender", "order")},
        ),
        _variant(
            base, "late", {"trade_fee_share": {"": "0.02"}}, {"resale": "next_day"},
            {"bidding": {"settlement": "after_close"}, "listed": {"settlement": "after_close"},
             "block": {"settlement": "after_close"}, "evening": {"settlement": "at_once"}}, {},
        ),
        _variant(
            base, "strict", {
                "trade_fee_share": {"": "0"}, "price_band": {"listed": "0.05", "block": "0.30"},
                "position_limit": {"individual": "1500", "institution": "9000"},
            },
            {"self_trade": "refuse", "close_from": ("listed", "block")}, {},
            {"four_eyes": (), "void_order": ("pledge", "custody", "repurchase", "bid", "order",
                                             "pending")},
        ),
        _changing(plain, "trade_fee_share", ("0.0005", "0.004", "0.001")),
    )  # fmt: skip
