"""What people may ask of a compliance year. A command's tag is its *act*, as in the registry.

Rows come from a workbook or a file that was handed in first: ``evidence`` is its digest, and the last
cell of each row the number of the row there, so that a figure opens down to the cell. Quantities are
decimal texts, amounts whole numbers.
"""

from __future__ import annotations

from typing import ClassVar

from tanheng.registry.commands import Command

EntityRow = tuple[str, str, str, str, int, str, int]
"""``(entity, account, sector, region, first year, last day of operation or "", row)``."""
DataRow = tuple[str, str, str, int]
"""``(entity, item, quantity, row)``; items: see :data:`tanheng.compliance.figures.DATA`."""
EmissionRow = tuple[str, str, str, str, int]
"""``(entity, item, tCO2e, "reported" or "verified", row)``."""
PriceRow = tuple[str, str, int, int]
"""``(day, average price in fen, volume or 0, row)``."""
ClassRow = tuple[str, str, str, int, tuple[str, ...], int]
"""``(class, computed mean, standard error, makers, distribution, row)``: the distribution is that of
makers' own values at 10, 25, 50, 75 and 90 %, or empty."""
ResponsibilityRow = tuple[str, str, int, int]
"""``(entity, process, R in tCO2e, row)``."""


class EnterEntities(Command, frozen=True, tag="enter_entities"):
    """Take up obligated entities, or change what is known of them."""

    authority: ClassVar[bool] = True
    rows: tuple[EntityRow, ...]
    evidence: str


class SuspendEntity(Command, frozen=True, tag="suspend_entity"):
    """An entity's account is suspended for a year (status X), or (``ends``) no longer."""

    authority: ClassVar[bool] = True
    entity: str
    year: int
    reason: str
    ends: bool = False


class EnterData(Command, frozen=True, tag="enter_data"):
    """Activity data that allocations of a year are computed from."""

    authority: ClassVar[bool] = True
    year: int
    rows: tuple[DataRow, ...]
    evidence: str


class EnterEmissions(Command, frozen=True, tag="enter_emissions"):
    """Emissions of a year, as reported or as verified; after the close it is a correction."""

    authority: ClassVar[bool] = True
    year: int
    rows: tuple[EmissionRow, ...]
    evidence: str


class EnterPrices(Command, frozen=True, tag="enter_prices"):
    """Daily average prices of the allowance; ``note`` says where they come from, and whether they
    are assumed."""

    authority: ClassVar[bool] = True
    series: str
    rows: tuple[PriceRow, ...]
    evidence: str
    note: str


class PreAllocate(Command, frozen=True, tag="pre_allocate"):
    """Give every entity its allocation before the year is known; ``entities``: only these."""

    authority: ClassVar[bool] = True
    year: int
    entities: tuple[str, ...] = ()


class TrueUp(Command, frozen=True, tag="true_up"):
    """Determine final allocations: give the difference, or take it back."""

    authority: ClassVar[bool] = True
    year: int
    entities: tuple[str, ...] = ()


class SurrenderYear(Command, frozen=True, tag="surrender_year"):
    """Surrender for many entities at once, on their behalf: ``(entity, kind or "", amount or 0)``;
    0: all that is missing. The whole list of entities when there are no rows."""

    authority: ClassVar[bool] = True
    year: int
    rows: tuple[tuple[str, str, int], ...] = ()


class CloseYear(Command, frozen=True, tag="close_year"):
    """Determine obligation, what was surrendered in time, status and shortfall of every entity."""

    authority: ClassVar[bool] = True
    year: int


class Enforce(Command, frozen=True, tag="enforce"):
    """The next step of enforcement of a closed year. ``rows``: where the law leaves a range, what is
    chosen for an entity, ``(entity, multiple or fen)``; ``series``: prices for the fine."""

    authority: ClassVar[bool] = True
    year: int
    step: str
    rows: tuple[tuple[str, str], ...] = ()
    series: str = ""


class PayFine(Command, frozen=True, tag="pay_fine"):
    """Record that a fine was paid, in fen."""

    authority: ClassVar[bool] = True
    entity: str
    year: int
    amount_fen: int
    evidence: str


class CarryOverYear(Command, frozen=True, tag="carry_over_year"):
    """Carry what is left of a closed year's kind over into the next: ``(entity, amount or 0, net
    sales)``; 0: as much as the pack allows."""

    authority: ClassVar[bool] = True
    year: int
    rows: tuple[tuple[str, int, int], ...] = ()


class PublishYear(Command, frozen=True, tag="publish_year"):
    """Publish a list of the pack's: ``status``, ``defaulters``, ``fines`` or ``enforcement``."""

    authority: ClassVar[bool] = True
    year: int
    list: str


# Benchmarks: from the association's table to units


class OpenClass(Command, frozen=True, tag="open_class"):
    """An association takes up a product class for a year; ``until``: last day of the data call."""

    authority: ClassVar[bool] = True
    product_class: str
    year: int
    measure: str
    association: str
    until: str


class EnterMeans(Command, frozen=True, tag="enter_means"):
    """Computed means of classes, from an accounting run whose result is ``evidence``."""

    authority: ClassVar[bool] = True
    year: int
    rows: tuple[ClassRow, ...]
    evidence: str


class SetBenchmark(Command, frozen=True, tag="set_benchmark"):
    """Propose the value of a class, with the reason; comments are taken from then on."""

    authority: ClassVar[bool] = True
    product_class: str
    year: int
    value: str
    reason: str


class CommentBenchmark(Command, frozen=True, tag="comment_benchmark"):
    """Record a comment on a proposed value; the text is evidence."""

    authority: ClassVar[bool] = True
    product_class: str
    year: int
    party: str
    evidence: str
    position: str


class PublishTable(Command, frozen=True, tag="publish_table"):
    """Publish all set values of a year as the next version of its table; it supersedes the last."""

    authority: ClassVar[bool] = True
    year: int
    reason: str


class SettleBenchmarks(Command, frozen=True, tag="settle_benchmarks"):
    """Responsibilities of an account under a published table become units and obligations."""

    authority: ClassVar[bool] = True
    year: int
    version: int
    rows: tuple[ResponsibilityRow, ...]
    evidence: str


# Permits and the credit record


class PermitAct(Command, frozen=True, tag="permit"):
    """A step of a discharge permit: ``apply``, ``grant``, ``refuse``, ``report``, ``inspect``,
    ``fine`` or ``revoke``. ``terms``: conditions of a grant, ``(item, amount, measure)``."""

    authority: ClassVar[bool] = True
    permit: str
    step: str
    entity: str
    evidence: str
    terms: tuple[tuple[str, str, str], ...] = ()
    amount_fen: int = 0
    reason: str = ""


class RecordEntry(Command, frozen=True, tag="record_entry"):
    """Enter a subject (entity, service company, verifier) into the credit record."""

    authority: ClassVar[bool] = True
    subject: str
    list: str
    reason: str
    evidence: str


class ObjectEntry(Command, frozen=True, tag="object_entry"):
    """Record an objection to an entry of the credit record."""

    authority: ClassVar[bool] = True
    entry: str
    evidence: str


class EndEntry(Command, frozen=True, tag="end_entry"):
    """Decide an objection, or end an entry: ``upheld`` keeps it, otherwise it is removed."""

    authority: ClassVar[bool] = True
    entry: str
    upheld: bool
    reason: str


ComplianceCommand = (
    EnterEntities | SuspendEntity | EnterData | EnterEmissions | EnterPrices | PreAllocate | TrueUp
    | SurrenderYear | CloseYear | Enforce | PayFine | CarryOverYear | PublishYear | OpenClass
    | EnterMeans | SetBenchmark | CommentBenchmark | PublishTable | SettleBenchmarks | PermitAct
    | RecordEntry | ObjectEntry | EndEntry
)  # fmt: skip
"""Every command of a compliance year."""
ACTS = tuple(str(kind.__struct_config__.tag) for kind in ComplianceCommand.__args__)
