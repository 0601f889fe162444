# Medallion's own commands; `make help` lists them. All they need is Python 3.11 with venv, and git.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
DATE ?= 2026-01-15
DEFECTS ?= usual
FAULT ?=
CLIENT ?= acme_corp
ARGS ?= build
BASE ?= origin/main
LOCK ?= requirements.lock
PYTEST ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made_from_lock
# uv knows nothing of a mirror that pip was told of.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
# A shell may forbid Python to keep bytecode. Hundreds of processes would then compile all modules, each for itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo up down dbt review docs test test-fast test-live test-soak test-faults test-sqlserver test-docker check release-check format bench lock clean environment

help:  ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "DATE=2026-01-15 is the day of the demo, DEFECTS=high makes it breach its gates, FAULT=gate shows one such breach up to the mail, PYTEST=\"-k gate -x\" goes to pytest, PYTHON=… names another Python 3.11,"
	@echo "MEDALLION_HOME=… another place for everything that is written (var/), MEDALLION_PORT=… Airflow's port."

# --- Running

demo: $(STAMP)  ## run every enabled client once, on generated extracts, and print what came of it
	@$(BIN)/medallion demo --date $(DATE) --defects $(DEFECTS) $(if $(FAULT),--fault $(FAULT))

up: $(STAMP)  ## start Airflow with every client's schedule and leave it running; print address and login
	@$(BIN)/medallion up

down: $(STAMP)  ## stop it
	@$(BIN)/medallion down

# --- The stack of docker-compose.yml

env:  ## write .env for docker compose, with passwords and keys made for this machine
	@command -v python3 >/dev/null || { echo "python3 is missing: install it, for example with apt-get install python3" >&2; exit 1; }
	@python3 deploy/env.py

# --- Writing models

dbt: $(STAMP)  ## run dbt on a client's warehouse: make dbt CLIENT=acme_corp ARGS="build -s +gold"
	@$(BIN)/medallion dbt --date $(DATE) $(CLIENT) $(ARGS)

review: $(STAMP)  ## build what differs from BASE=origin/main on sample data; write var/review/comment.md
	@$(BIN)/medallion review --base "$(BASE)"

docs: $(STAMP)  ## write dbt's documentation of all models, with lineage, as one HTML file
	@$(BIN)/medallion docs

# --- Testing

test: $(STAMP)  ## the tests, also those on a live Airflow; without those of make test-soak and test-docker
	@# Four workers on two cores, for some of them mostly wait for Airflow.
	@$(BIN)/python -m pytest -m "not soak and not docker" -n 4 --dist loadscope --no-loadscope-reorder $(PYTEST)

test-fast: $(STAMP)  ## the quick ones of those that start no Airflow
	@$(BIN)/python -m pytest -m "not live and not slow and not soak and not docker" -n 3 --dist loadscope --no-loadscope-reorder $(PYTEST)

test-soak: $(STAMP)  ## all that make test takes a sample of: runs killed everywhere, intervals in any order, every shape
	@$(BIN)/python -m pytest -m soak -n 2 $(PYTEST)

test-faults: $(STAMP)  ## every fault that is survived: what is killed, full, locked, cut off, damaged or gone
	@$(BIN)/python -m pytest -m faults -n 2 --dist loadscope --no-loadscope-reorder $(PYTEST)

test-sqlserver: $(STAMP)  ## every client on DuckDB and on the SQL Server of MEDALLION_SQLSERVER_URL: the same rows, types, verdicts
	@$(BIN)/python -m pytest tests/parity tests/destinations/test_sqlserver.py $(PYTEST)

test-docker: $(STAMP)  ## the stack of docker-compose.yml, built and run on this machine's Docker engine
	@$(BIN)/python -m pytest -m docker $(PYTEST)

test-live: $(STAMP)  ## the tests on a live Airflow alone
	@$(BIN)/python -m pytest -m live $(PYTEST)

check: $(STAMP)  ## style, types, YAML, links, and the SQL of both targets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/python tests/check_links.py
	$(BIN)/python tests/check_sql.py

release-check: $(STAMP)  ## whether what is here can be released: one line for each thing that must hold
	@$(BIN)/python tests/release_check.py

format: $(STAMP)  ## put code into its shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## measure what Medallion costs, as ratios; write var/bench.json
	@$(BIN)/python tests/bench/bench.py

# --- The environment

environment: $(STAMP)  ## make .venv from requirements.lock, if that has changed
	@:

lock: $(STAMP)  ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --all-extras --group dev \
		--python-version 3.11 --output-file $(LOCK) pyproject.toml

clean:  ## stop Airflow, and remove everything that was made but .venv
	@if [ -x $(BIN)/medallion ]; then $(BIN)/medallion down; fi
	@rm -rf "$${MEDALLION_HOME:-var}" dbt/target dbt/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): requirements.lock pyproject.toml
	@command -v git >/dev/null || { echo "git is missing: install it, for example with apt-get install git" >&2; exit 1; }
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.11 is missing: install it, for example with apt-get install python3.11, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed, $(PYTHON) is $$("$(PYTHON)" -V 2>&1): name another with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: install it, for example with apt-get install python3.11-venv" >&2; exit 1; }
	@echo "making $(VENV) from requirements.lock"
	@[ -x $(BIN)/uv ] && $(BIN)/python -c '' 2>/dev/null || { \
		"$(PYTHON)" -m venv --clear $(VENV); \
		awk '/^uv==/ { found = 1 } found { print } found && !/\\$$/ { exit }' requirements.lock >$(VENV)/uv.lock; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock; }
	@# Compiled now, once: where Python may not write bytecode, every process would compile for seconds.
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --offline --no-deps --editable .
	@touch $(STAMP)
