"""The registry in simulation: one seed drives clock, people, refusals, crashes and writers.

How it is put together, one module a line::

    dice        chance and time
    variants    packs that differ in what they demand
    actors      who asks for what, well and badly; ``choosing``: with what in mind
    writers     processes that crash, come back and ask again
    episode     a registry with its people, and what happens to them
    faults      a store that crashes; ``stores``: where databases are
    model       the toy registry: every unit a cell of an array
    rules       the rules once more (``rules_rest``, ``rules_units``); ``oracle`` puts them together
    reading     the journal's bytes as an outsider reads them
    check       every entry and refusal decided again; ``ending``: replays, tables, proofs
    run         episodes until there were so many operations
"""

from tanheng.simulate.registry.check import Violation
from tanheng.simulate.registry.run import EPISODE, Result, simulate_registry
from tanheng.simulate.registry.stores import Files, Memory, Place, Schemas, place_of

__all__ = [
    "EPISODE", "Files", "Memory", "Place", "Result", "Schemas", "Violation", "place_of",
    "simulate_registry",
]  # fmt: skip
