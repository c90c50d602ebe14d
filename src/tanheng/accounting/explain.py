"""Why: any number of an account, with its formula, its terms and the records behind them.

    unit:M1            R of a unit (benchmark principle), line by line
    unit:M1@consumer   its figure under another principle
    class:steel        a benchmark;  mix:steel  a residual mix
    region:R1          the balance of a region
    total@benchmark    a conservation statement

A term is summed from the coded rows, not taken from the account; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tanheng.accounting.account import Account
from tanheng.accounting.explain_sets import benchmark_of, mix_of, region_of, total_of
from tanheng.accounting.explain_units import unit_of
from tanheng.accounting.store import RecordStore
from tanheng.errors import Refusal
from tanheng.why import Why


def explain(account: Account, store: RecordStore, what: str) -> Why | Refusal:
    """Explain one number.

    Args:
        account: the account it stands in.
        store: where its records are.
        what: ``kind:id`` with an optional ``@principle`` (see the module's page).

    Returns:
        The explanation, or a refusal that says what can be asked.
    """
    target, _, principle = what.partition("@")
    kind, _, name = target.partition(":")
    known: Mapping[str, tuple[Sequence[str], Callable[[Account, RecordStore, int], Why]]] = {
        "class": (account.records.classes.ids, benchmark_of),
        "mix": (account.records.classes.ids, mix_of),
        "region": (account.records.regions, region_of),
    }
    if kind == "unit":
        return _find(
            account.records.units.ids,
            name,
            what,
            lambda at: unit_of(account, store, at, principle or "benchmark"),
            principle,
            account,
        )
    if kind == "total":
        chosen = principle or "benchmark"
        if chosen not in account.results:
            return Refusal("why_principle", {"value": chosen, "known": ", ".join(account.results)})
        return total_of(account, chosen)
    if kind not in known:
        return Refusal("why_unknown", {"value": what})
    ids, answer = known[kind]
    if kind == "region":
        ids = [region.name for region in account.regions]
    if kind == "mix" and not account.passed:
        return Refusal("why_principle", {"value": "consumer", "known": ", ".join(account.results)})
    return _find(ids, name, what, lambda at: answer(account, store, at), "", account)


def _find(
    ids: Sequence[str],
    name: str,
    what: str,
    answer: Callable[[int], Why],
    principle: str,
    account: Account,
) -> Why | Refusal:
    if principle and principle not in account.results:
        return Refusal("why_principle", {"value": principle, "known": ", ".join(account.results)})
    try:
        return answer(list(ids).index(name))
    except ValueError:
        near = ", ".join(str(i) for i in list(ids)[:8])
        return Refusal("why_not_found", {"value": what, "known": near})
