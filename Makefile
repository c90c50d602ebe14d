# The commands of this project. They need Python 3.11 and make; everything else they fetch into .venv.

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
RUN := $(VENV)/bin
# uv must take the Python that is here, not fetch one.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
PYTEST := $(RUN)/python -m pytest

.PHONY: help demo test check long mutation clean

help:
	@echo "make demo    the examples: summaries on the screen, reports and pictures in demo-output/"
	@echo "make test    all tests"
	@echo "make check   style, types, layers, lock file"
	@echo "make long    long properties, 2×10^7 simulated operations, benchmarks, mutations (many hours)"

$(UV): uv.lock
	@$(PYTHON) tools/bootstrap.py $(VENV)
	@touch $(UV)

$(VENV)/.run: $(UV) pyproject.toml uv.lock
	@$(UV) sync --locked --no-default-groups --inexact --quiet
	@touch $@

$(VENV)/.dev: $(UV) pyproject.toml uv.lock
	@$(UV) sync --locked --quiet
	@touch $@ $(VENV)/.run $(UV)

demo: $(VENV)/.run
	@$(RUN)/tanheng demo --out demo-output

test: $(VENV)/.dev
	$(PYTEST) -n 2 --dist worksteal

check: $(VENV)/.dev
	$(UV) lock --check --quiet
	$(RUN)/ruff check .
	$(RUN)/ruff format --check --quiet .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache

long: $(VENV)/.dev
	$(PYTEST) -n 2 --dist worksteal -m long
	for seed in 1 2 3 4 5; do $(RUN)/tanheng simulate registry --seed $$seed --ops 2000000 --json || exit 1; done
	for seed in 1 2 3 4 5; do $(RUN)/tanheng simulate market --seed $$seed --ops 2000000 --json || exit 1; done
	$(RUN)/python benchmarks/run.py
	$(RUN)/python benchmarks/ledger.py
	$(RUN)/python benchmarks/market.py
	$(MAKE) mutation

mutation: $(VENV)/.dev
	@$(UV) sync --locked --group mutation --quiet
	$(RUN)/mutmut run | tr '\r' '\n' | tail -1
	$(RUN)/python tools/mutants.py

clean:
	rm -rf $(VENV) mutants demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis
