# Every target sets itself up from a bare python3 (deploy/bootstrap.sh) and is quick the second time.
# PYTHON=/path/to/python3 chooses the interpreter. ARGS="…" is handed on to demo, pytest and the benchmarks.

PYTHON ?=
ARGS ?=
export PYTHON

# Some containers forbid it: then each of the hundreds of processes that the tests start compiles all modules anew.
export PYTHONDONTWRITEBYTECODE :=

PY := .venv/bin/python
BENCHES := $(sort $(wildcard bench/bench_*.py))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo test check e2e versions oracles lint style types layers bench format lock clean

help:  ## say what the targets are
	@sed -n 's/^\([a-z0-9]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

install:  ## set up .venv with everything the other targets need
	@sh deploy/bootstrap.sh

demo: install  ## the whole fleet on the embedded exchange for a minute, no keys; summary and report at the end
	@$(PY) -m hftctl demo $(ARGS)

# Tests that start real processes mostly wait: two files of them run side by side, after the others. pytest's 5: none chosen.
test: lint  ## everything that CI holds: lint, and all tests, those that start real processes last
	$(PY) -m pytest -n auto -m "not e2e" $(ARGS) || [ $$? -eq 5 ]
	$(PY) -m pytest -n 2 --dist loadfile -m "e2e and not soak" $(ARGS) || [ $$? -eq 5 ]

check: lint  ## format, lint, types, layers, fast tests: before every commit
	$(PY) -m pytest -n auto -m "not e2e" $(ARGS)

e2e: install  ## only the tests that start real processes, and a thousand storms of the simulation
	STORMS=$${STORMS:-1000} $(PY) -m pytest -m e2e $(ARGS)

lint: style types layers  ## format, lint, types, layers (make -k lint runs on past the first that fails)

style: install  ## ruff: formatted, and no rule broken
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: install  ## mypy, strict, tests included (2: its workers did not come up on a busy machine; one process does it, too)
	$(PY) -m mypy --num-workers auto || { [ $$? -eq 2 ] && $(PY) -m mypy; }

layers: install  ## import-linter: the contracts in pyproject.toml
	.venv/bin/lint-imports --no-logo

versions: install  ## a replay decides the same under every Python found here (installs into throw-away environments)
	$(PY) -m tests.replay.versions $(ARGS)

oracles: install  ## our statistics beside those of statsmodels, scipy and river (installs them into .venv: 227 MB)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@$(PY) -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r requirements-oracles.lock
	$(PY) -m pytest tests/strategies/oracles $(ARGS)

bench: install  ## every benchmark, each beside its yardstick
	@for file in $(BENCHES); do echo "== $$file"; $(PY) -m bench.$$(basename $$file .py) $(ARGS) || exit 1; done

format: install  ## format the code and mend what ruff can mend by itself
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lock:  ## write requirements.lock anew from pyproject.toml (fetches uv into a throw-away environment)
	@sh deploy/lock.sh

clean:  ## remove what the targets made: .venv and caches, never a home's logs or data
	rm -rf .venv .venv.building .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +
