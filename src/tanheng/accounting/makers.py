"""Who makes what, with which share of its burden: makers and partition of joint products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from tanheng.accounting.books import Books, Sparse
from tanheng.accounting.locate import products_of
from tanheng.accounting.method import Method
from tanheng.accounting.records import Floats, Ints, PartitionKey, Records, add_up
from tanheng.errors import Finding, Search
from tanheng.quantity import UnknownMeasure, measure


@dataclass(frozen=True, slots=True)
class Makers:
    """One element per (unit, class) it puts out, ordered by unit and class.

    Attributes:
        unit, cls: positions.
        output: net output, class measures, > 0.
        share: share a of the unit's burden that this class carries; NaN where it cannot be told.
        estimates: whether it enters the mean of its class.
    """

    unit: Ints
    cls: Ints
    output: Floats
    share: Floats
    estimates: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.unit)

    def count(self, classes: int) -> npt.NDArray[np.int64]:
        """Number of makers that enter the mean, per class."""
        return np.bincount(self.cls[self.estimates], minlength=classes)

    def scatter(self, values: Floats, shape: tuple[int, int]) -> Sparse:
        """A classes × units matrix with one value per maker."""
        return sp.csr_array((values, (self.cls, self.unit)), shape=shape)


def find_makers(books: Books, method: Method, findings: list[Finding]) -> Makers:
    """Makers of a record set, with findings on outputs that are zero and keys that are missing."""
    records = books.records
    outputs = books.outputs.tocoo()
    positive = outputs.data > 0
    _report_idle(records, outputs, findings)
    unit = outputs.row[positive].astype(np.int32)
    cls = outputs.col[positive].astype(np.int32)
    output = outputs.data[positive]
    products = np.bincount(unit, minlength=len(records.units))
    share = np.ones(len(unit))
    joint = products[unit] > 1
    if joint.any():
        share[joint] = _joint_shares(records, unit[joint], cls[joint], products, findings)
    estimates = ~np.isnan(share) & ~books.service[cls]
    if method.benchmark_scope is not None:
        wanted = [i for i, name in enumerate(records.regions) if name in method.benchmark_scope]
        estimates &= np.isin(records.units.region[unit], wanted)
    return Makers(unit, cls, output, share, estimates)


def _report_idle(records: Records, outputs: Sparse, findings: list[Finding]) -> None:
    idle = np.flatnonzero(outputs.data <= 0)
    for i in idle.tolist():
        findings.append(
            Finding(
                "maker_without_output",
                "flows",
                None,
                "quantity",
                records.units.ids[outputs.row[i]],
                {
                    "class_id": records.classes.ids[outputs.col[i]],
                    "quantity": f"{outputs.data[i]:g}",
                },
                _output_rows(records, int(outputs.row[i]), int(outputs.col[i])),
            )
        )


def _output_rows(records: Records, unit: int, cls: int) -> Search:
    match = {"direction": frozenset({"out"}), "product_id": products_of(records, cls)}
    return Search("flows", "unit_id", records.units.ids[unit], match)


def _dimension(records: Records, wanted: str) -> npt.NDArray[np.bool_]:
    """Classes counted in a kind of measure."""
    result = np.zeros(len(records.classes), dtype=bool)
    for i, text in enumerate(records.classes.measures):
        try:
            result[i] = measure(text).dimension == wanted
        except UnknownMeasure:
            result[i] = False
    return result


def _row_weights(records: Records, rows: npt.NDArray[np.int64]) -> Floats:
    """Extensive weight of output rows: given, or derived from the key; NaN without either."""
    outputs = records.outputs
    unit, cls, quantity = outputs.unit[rows], outputs.cls[rows], outputs.quantity[rows]
    given = np.full(len(rows), np.nan) if outputs.weight is None else outputs.weight[rows]
    key = records.units.partition_key[unit]
    derived = np.full(len(rows), np.nan)
    if outputs.value is not None:
        derived = np.where(key == PartitionKey.ECONOMIC, outputs.value[rows], derived)
    for kind, name in ((PartitionKey.MASS, "t"), (PartitionKey.ENERGY, "J")):
        fits = (key == kind) & _dimension(records, measure(name).dimension)[cls]
        size = np.array([_base(text) for text in records.classes.measures])
        derived = np.where(fits, quantity * size[cls], derived)
    # Goods taken back take their weight back with them.
    signed = given * np.where(quantity < 0, -1.0, 1.0)
    return np.where(np.isnan(given), derived, signed)


def _base(text: str) -> float:
    try:
        return float(measure(text).factor)
    except UnknownMeasure:
        return float("nan")


def _joint_shares(
    records: Records,
    unit: Ints,
    cls: Ints,
    products: npt.NDArray[np.int64],
    findings: list[Finding],
) -> Floats:
    """Shares of units with several products; NaN, with a finding, where they cannot be told."""
    outputs = records.outputs
    classes = len(records.classes)
    rows = np.flatnonzero(products[outputs.unit] > 1)
    weights = _row_weights(records, rows)
    at = outputs.unit[rows].astype(np.int64) * classes + outputs.cls[rows]
    wanted = unit.astype(np.int64) * classes + cls
    # Output that nets to nothing has no maker; its weight is left aside with it.
    place = np.searchsorted(wanted, at)
    belongs = (place < len(wanted)) & (wanted[np.minimum(place, len(wanted) - 1)] == at)
    of_maker = add_up(place[belongs], weights[belongs], len(wanted))
    total = add_up(unit, of_maker, len(records.units))[unit]
    key = records.units.partition_key[unit]
    without_key = key == PartitionKey.NONE
    with np.errstate(invalid="ignore", divide="ignore"):
        share = of_maker / total
    wrong = ~without_key & ~((total > 0) & (of_maker >= 0))
    names = {k.value: k.name.lower() for k in PartitionKey}
    for code, mask in (("joint_without_key", without_key), ("joint_without_weight", wrong)):
        for u in np.unique(unit[mask]).tolist():
            name = records.units.ids[u]
            details = {
                "count": int(products[u]),
                "key": names[int(records.units.partition_key[u])],
            }
            if code == "joint_without_key":
                found, column = Search("units", "unit_id", name), "partition_key"
            else:
                made = {"direction": frozenset({"out"})}
                lacking = rows[np.isnan(weights) & (outputs.unit[rows] == u)]
                if len(lacking):
                    made["product_id"] = products_of(records, int(outputs.cls[lacking[0]]))
                found, column = Search("flows", "unit_id", name, made), "partition_weight"
            findings.append(Finding(code, found.table, None, column, name, details, found))
    return np.where(without_key | wrong, np.nan, share)
