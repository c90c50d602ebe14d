"""Rows of record sets as plain dictionaries, and one small clean set that uses every table."""

from __future__ import annotations

Row = dict[str, object]
Tables = dict[str, list[Row]]


def unit(name: str, region: str = "R1", use: str = "producer", **more: object) -> Row:
    """A row of units."""
    return {"unit_id": name, "name": f"unit {name}", "region": region, "use": use, **more}


def kind(name: str, measure: str = "t") -> Row:
    """A row of classes."""
    return {"class_id": name, "name": f"class {name}", "measure": measure}


def product(name: str, cls: str, measure: str = "t", **more: object) -> Row:
    """A row of products."""
    return {"product_id": name, "class_id": cls, "measure": measure, **more}


def burn(name: str, amount: object, **more: object) -> Row:
    """A row of direct."""
    return {"unit_id": name, "period": "2016", "emission_tco2e": amount, **more}


def flow(name: str, way: str, what: str, quantity: object, **more: object) -> Row:
    """A row of flows, in t unless ``measure`` says otherwise."""
    row: Row = {"unit_id": name, "period": "2016", "direction": way, "product_id": what}
    return {**row, "quantity": quantity, "measure": "t", **more}


def trade(region: str, way: str, what: str, quantity: object, **more: object) -> Row:
    """A row of trade."""
    row: Row = {"region": region, "period": "2016", "direction": way, "product_id": what}
    return {**row, "quantity": quantity, "measure": "t", **more}


def stock(region: str, what: str, change: object, **more: object) -> Row:
    """A row of stocks."""
    row: Row = {"region": region, "period": "2016", "product_id": what, "change": change}
    return {**row, "measure": "t", **more}


def value_of(cls: str, benchmark: object, measure: str = "t", **more: object) -> Row:
    """A row of exogenous."""
    row: Row = {"class_id": cls, "period": "2016", "benchmark": benchmark, "measure": measure}
    return {**row, "source": "table", **more}


def clean() -> Tables:
    """Three mills and a smelter, a power plant, two users, trade; every table, no finding.

    Rows stand in the order below, so row 2 is the first of each table.
    """
    return {
        "units": [
            unit("M1"),
            unit("M2"),
            unit("M3", "R2"),
            unit("P1"),
            unit("P2"),
            unit("P3", "R2"),
            unit("H1", use="daily_person"),
            unit("B1", "R2", use="construction"),
        ],
        "classes": [kind("steel"), kind("power", "MWh"), kind("ore")],
        "products": [
            product("rebar", "steel"),
            product("grid", "power", "kWh"),
            product("lump", "ore"),
        ],
        "direct": [
            burn("M1", "2100"),
            burn("M2", "1500"),
            burn("M3", "1700"),
            burn("P1", "900"),
            burn("P2", "400"),
            burn("P3", "300"),
            burn("H1", "5.5"),
        ],
        "flows": [
            flow("M1", "out", "rebar", "1000"),
            flow("M2", "out", "rebar", "900"),
            flow("M3", "out", "rebar", "1100"),
            flow("P1", "out", "grid", "1200000", measure="kWh"),
            flow("P2", "out", "grid", "700", measure="MWh"),
            flow("P3", "out", "grid", "600", measure="MWh"),
            flow("M1", "in", "grid", "800", measure="MWh"),
            flow("M2", "in", "grid", "650", measure="MWh"),
            flow("M3", "in", "grid", "500", measure="MWh"),
            flow("M1", "in", "lump", "1600"),
            flow("M2", "in", "lump", "1500"),
            flow("H1", "in", "rebar", "600", supplier_id="M2"),
            flow("B1", "in", "rebar", "900"),
            flow("H1", "in", "grid", "450", measure="MWh"),
        ],
        "trade": [
            trade("R1", "import", "lump", "3100", partner="ROW"),
            trade("R2", "export", "rebar", "200", partner="R1"),
            trade("R1", "import", "rebar", "200", partner="R2"),
            trade("R1", "export", "rebar", "700", partner="ROW"),
        ],
        "stocks": [stock("R1", "rebar", "-4")],
        "exogenous": [value_of("ore", "0.05")],
    }
