"""Standard errors of benchmarks: textbook cases, and three ways to the same figure."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from helpers.plain import PlainStore
from helpers.rows import Tables, burn, flow, product, unit, value_of
from tanheng.accounting import Account, Method, Weights, account


def errors(tables: Tables, **choices: object) -> tuple[Account, np.ndarray]:
    """The account of a set and its standard errors."""
    found = account(PlainStore(tables), Method(**choices), principles=("benchmark",))  # type: ignore[arg-type]
    assert isinstance(found, Account), [f.message() for f in found.findings]
    return found, found.benchmarks.standard_error


def mills(emissions: list[float], outputs: list[float]) -> Tables:
    """Makers of one class without inputs."""
    names = [f"M{i}" for i in range(len(outputs))]
    return {
        "units": [unit(name) for name in names],
        "products": [product("steel", "steel")],
        "direct": [burn(n, d) for n, d in zip(names, emissions, strict=True)],
        "flows": [flow(n, "out", "steel", v) for n, v in zip(names, outputs, strict=True)],
    }


D, V = [210.0, 150.0, 170.0, 90.0, 130.0], [100.0, 90.0, 110.0, 40.0, 75.0]


def test_weighted_mean_of_makers_without_inputs() -> None:
    """The ratio estimator: n/(n−1) Σ (d − cV)² / (ΣV)² (Cochran 1977, section 6.4)."""
    found, error = errors(mills(D, V))
    d, v = np.array(D), np.array(V)
    c = d.sum() / v.sum()
    wanted = np.sqrt(5 / 4 * ((d - c * v) ** 2).sum()) / v.sum()
    assert found.benchmarks.value[0] == pytest.approx(c)
    assert error[0] == pytest.approx(wanted, rel=1e-12)


def test_simple_mean_of_makers_without_inputs() -> None:
    """The standard error of a mean: s / √n."""
    found, error = errors(mills(D, V), weights=Weights("simple"))
    own = np.array(D) / np.array(V)
    assert found.benchmarks.value[0] == pytest.approx(own.mean())
    assert error[0] == pytest.approx(own.std(ddof=1) / np.sqrt(5), rel=1e-12)


def test_two_makers_and_fewer() -> None:
    """One maker tells nothing about a spread; equal makers have none."""
    assert np.isnan(errors(mills([2.0], [1.0]))[1][0])
    assert errors(mills([2.0, 4.0], [1.0, 2.0]))[1][0] == pytest.approx(0, abs=1e-15)
    assert errors(mills([2.0, 4.0], [1.0, 1.0]))[1][0] == pytest.approx(1)


def test_the_error_of_a_given_benchmark_travels() -> None:
    """Steel takes in 1.5 t of ore each; ore is 0.05 ± 0.02: steel gets 1.5 × 0.02 from it."""
    tables = mills([2.0, 2.0], [1.0, 1.0])
    tables["products"].append(product("ore", "ore"))
    tables["flows"] += [flow(name, "in", "ore", "1.5") for name in ("M0", "M1")]
    tables["exogenous"] = [value_of("ore", "0.05", standard_error="0.02")]
    _, error = errors(tables)
    assert error.tolist() == pytest.approx([0.03, 0.02])
    tables["exogenous"] = [value_of("ore", "50", "kgCO2e/t", standard_error="20")]
    assert errors(tables)[1].tolist() == pytest.approx([0.03, 0.02])


def test_an_error_upstream_reaches_all_that_use_it() -> None:
    """Power as above; a user of 3 per unit, alike in every maker, gets three times its error."""
    tables = mills(D, V)
    tables["units"] += [unit("U1"), unit("U2")]
    tables["products"].append(product("car", "car", "car"))
    for name, output in (("U1", 10), ("U2", 30)):
        tables["flows"] += [
            flow(name, "out", "car", output, measure="car"),
            flow(name, "in", "steel", 3 * output),
        ]
    _, error = errors(tables)
    assert error[1] == pytest.approx(3 * error[0], rel=1e-12)


def region(makers: int, seed: int = 0) -> Tables:
    """Three classes that feed one another, many makers each, some with two products."""
    random = np.random.default_rng(seed)
    classes = ("steel", "power", "coal")
    tables: Tables = {
        "units": [],
        "products": [product(name, name) for name in classes],
        "direct": [],
        "flows": [],
    }
    for i in range(makers):
        own, other = classes[i % 3], classes[(i + 1) % 3]
        name = f"M{i}"
        output = float(random.lognormal(3, 0.5))
        tables["units"].append(unit(name, partition_key="mass"))
        tables["direct"].append(burn(name, output * random.lognormal(0, 0.3)))
        tables["flows"].append(flow(name, "out", own, output))
        tables["flows"].append(flow(name, "in", other, output * random.uniform(0.1, 0.4)))
        if i % 7 == 0:
            tables["flows"].append(flow(name, "out", other, output / 4))
    return tables


@pytest.fixture(scope="module")
def big() -> Tables:
    """Three hundred makers."""
    return region(300)


@pytest.mark.parametrize("weights", ["weighted", "simple"])
def test_sandwich_and_bootstrap_agree(weights: str, big: Tables) -> None:
    """400 draws estimate an error to about 3.5 %."""
    chosen = Weights.parse(weights)
    _, sandwich = errors(big, weights=chosen)
    _, bootstrap = errors(big, weights=chosen, standard_errors="bootstrap", draws=400)
    np.testing.assert_allclose(bootstrap, sandwich, rtol=0.15)
    assert (bootstrap != sandwich).all()


def test_random_signs_agree_with_the_exact_figure(
    big: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, exact = errors(big)
    monkeypatch.setattr(sys.modules["tanheng.accounting.uncertainty"], "DENSE_LIMIT", 0)
    _, estimated = errors(big, draws=400)
    np.testing.assert_allclose(estimated, exact, rtol=0.12)
    assert (estimated != exact).all()


def test_draws_are_seeded(big: Tables) -> None:
    chosen = {"standard_errors": "bootstrap", "draws": 20}
    first, again, other = (errors(big, **chosen, seed=seed)[1] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_errors_shrink_with_the_root_of_the_sample() -> None:
    """Nine times the same makers: a third of the error, but for the factor n / (n − 1)."""
    _, few = errors(mills(D, V))
    _, many = errors(mills(D * 9, V * 9))
    assert many[0] / few[0] == pytest.approx(np.sqrt(45 / 44 / (5 / 4)) / 3, rel=1e-12)


def test_errors_can_be_left_out(big: Tables) -> None:
    _, error = errors(big, standard_errors="off")
    assert np.isnan(error).all()


def test_a_benchmark_of_the_best_is_told_by_the_makers_that_count() -> None:
    """best:K with K so small that one maker makes it up has no spread to tell."""
    found, error = errors(mills(D, V), weights=Weights("best", 20))
    assert found.benchmarks.value[0] == pytest.approx(min(np.array(D) / np.array(V)))
    assert np.isnan(error[0])
    half = replace(found.method, weights=Weights("best", 60))
    again = account(PlainStore(mills(D, V)), half, principles=("benchmark",))
    assert isinstance(again, Account)
    assert again.benchmarks.standard_error[0] > 0
