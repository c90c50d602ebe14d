"""Builds the record sets of two examples from their public sources; run once, results are shipped.

    python examples/build.py us-power  DIR_WITH_us_fossil_plants_2017_generation_co2.csv
    python examples/build.py useeio    DIR_WITH_A.json_D.json_sectors.json_indicators.json_demand

Kept so that anyone can see what was done to the figures, and do it again.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def write_csv(path: Path, header: str, rows: list[tuple[object, ...]]) -> None:
    """One CSV table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def us_power(source: Path) -> None:
    """Coal and gas plants with 0.2 ≤ tCO2/MWh ≤ 3, one class: electricity."""
    out = HERE / "us-power-2017"
    (out / "by-technology").mkdir(parents=True, exist_ok=True)
    with (source / "us_fossil_plants_2017_generation_co2.csv").open(encoding="utf-8") as file:
        plants = [row for row in csv.DictReader(file) if row["primary_fuel"] in ("Coal", "Gas")]
    kept = []
    for row in plants:
        generation, emission = float(row["net_generation_gwh_2017"]), float(row["co2_t_2017"])
        if generation > 0 and 0.2 <= emission / (generation * 1000) <= 3:
            kept.append(row)
    kept.sort(key=lambda row: (row["state"], row["ghgrp_id"]))
    write_csv(out / "units.csv", "unit_id name region use sector",
              [(r["ghgrp_id"], r["plant_name"], r["state"], "producer", r["primary_fuel"].lower())
               for r in kept])  # fmt: skip
    write_csv(out / "direct.csv", "unit_id period emission_tco2e source gas",
              [(r["ghgrp_id"], 2017, r["co2_t_2017"], "fuel", "CO2") for r in kept])  # fmt: skip
    write_csv(out / "flows.csv", "unit_id period direction product_id quantity measure",
              [(r["ghgrp_id"], 2017, "out", r["primary_fuel"].lower(), r["net_generation_gwh_2017"], "GWh")
               for r in kept])  # fmt: skip
    sold: dict[tuple[str, str], float] = defaultdict(float)
    for row in kept:
        sold[row["state"], row["primary_fuel"].lower()] += float(row["net_generation_gwh_2017"])
    write_csv(out / "trade.csv", "region period direction product_id quantity measure",
              [(state, 2017, "export", fuel, round(gwh, 6), "GWh") for (state, fuel), gwh in sold.items()])  # fmt: skip
    names = {"coal": "electricity from coal 煤电", "gas": "electricity from gas 气电"}
    write_csv(out / "products.csv", "product_id class_id name measure",
              [(fuel, "electricity", name, "MWh") for fuel, name in names.items()])  # fmt: skip
    write_csv(out / "by-technology" / "products.csv", "product_id class_id name measure",
              [(fuel, f"electricity-{fuel}", name, "MWh") for fuel, name in names.items()])  # fmt: skip
    print(f"us-power-2017: {len(kept)} of {len(plants)} coal and gas plants")


def useeio(source: Path) -> None:
    """388 sectors of the United States, each the maker of one class; final demand is one unit."""
    out = HERE / "useeio"
    out.mkdir(parents=True, exist_ok=True)

    def read(name: str) -> list:
        return json.loads((source / f"{name}.json").read_text())

    a, d = np.array(read("A")), np.array(read("D"))
    sectors, indicators = read("sectors"), read("indicators")
    (gas,) = [i["index"] for i in indicators if i["code"] == "GCC"]
    place = {sector["id"]: sector["index"] for sector in sectors}
    by_code = {sector["code"].lower(): sector["index"] for sector in sectors}
    demand, lost = np.zeros(len(sectors)), []
    for row in read("demand_2007_us_production"):
        # Nine rows spell the sector's name differently; the code before the stroke decides.
        at = place.get(row["sector"], by_code.get(row["sector"].partition("/")[0]))
        if row["sector"] not in place:
            print("other spelling:", row["sector"], "→", None if at is None else sectors[at]["id"])
        if at is None:
            lost.append(row)
        else:
            demand[at] += row["amount"]
    print(
        f"emissions of final demand: {d[gas] @ np.linalg.solve(np.eye(len(a)) - a, demand) / 1e12:.3f} Gt"
    )
    output = np.linalg.solve(np.eye(len(a)) - a, demand)
    # A sector nobody buys from still has a technology: let it make one dollar's worth.
    idle = output <= 0
    output[idle] = 1.0
    codes = [sector["code"] for sector in sectors]
    write_csv(out / "units.csv", "unit_id name region use",
              [(code, sector["name"], "US", "producer") for code, sector in zip(codes, sectors, strict=True)]
              + [("FINAL", "Final demand 最终需求", "US", "daily_person")])  # fmt: skip
    write_csv(out / "products.csv", "product_id class_id name measure",
              [(code, code, sector["name"], "USD") for code, sector in zip(codes, sectors, strict=True)])  # fmt: skip
    write_csv(out / "direct.csv", "unit_id period emission_tco2e",
              [(code, 2007, repr(float(d[gas, j] * output[j] / 1000))) for j, code in enumerate(codes)])  # fmt: skip
    sold_to = a * output
    seller, buyer = np.nonzero(a)
    rows = {
        "unit_id": [codes[j] for j in buyer] + codes + ["FINAL"] * len(codes),
        "direction": ["in"] * len(buyer) + ["out"] * len(codes) + ["in"] * len(codes),
        "product_id": [codes[i] for i in seller] + codes + codes,
        "quantity": np.concatenate([sold_to[seller, buyer], output, demand]),
        "kind": ["byproduct_credit" if v < 0 else "normal" for v in sold_to[seller, buyer]]
        + ["normal"] * len(codes) + ["byproduct_credit" if v < 0 else "normal" for v in demand],
    }  # fmt: skip
    rows["value"] = rows["quantity"]
    rows["period"] = ["2007"] * len(rows["unit_id"])
    rows["measure"] = ["USD"] * len(rows["unit_id"])
    texts = {
        k: pa.array(v).dictionary_encode()
        for k, v in rows.items()
        if k not in ("quantity", "value")
    }
    table = pa.table({"quantity": rows["quantity"], **texts})
    pq.write_table(table, out / "flows.parquet", compression="zstd")
    share = sum(row["amount"] for row in lost) / (sum(row["amount"] for row in lost) + demand.sum())
    print(f"useeio: {len(codes)} sectors, {len(buyer)} coefficients ({(a < 0).sum()} negative), "
          f"{idle.sum()} idle, demand rows not matched: {len(lost)} ({share:.1%} of value)")  # fmt: skip
    print([codes[i] for i in np.flatnonzero(idle)], "; ".join(row["sector"] for row in lost))


if __name__ == "__main__":
    {"us-power": us_power, "useeio": useeio}[sys.argv[1]](Path(sys.argv[2]))
