# Three environments, all installed from hashed locks:
#   .venv           flowc (editable), its tests, linters and examples
#   .venv-airflow   Airflow, which would otherwise dictate flowc's own dependencies
#   .venv-airflow2  the last Airflow before 3
# The tests of containers also need podman and an image to build on; see tests/containers/prepare.sh.
# Each has a stamp file, so a target that needs one costs nothing once it stands.

PYTHON ?= python3
PYTEST_ARGS ?=
# Processes that tests run in: as many as there are processors.
PYTEST_WORKERS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() or 1)')
# `make lock UPGRADE=1` moves every pin to the newest release; without it only what must change does.
UPGRADE ?=

UV_VERSION := 0.13.9
BIN := .venv/bin
DEV := .venv/.flowc
DEV_LOCK := .venv/.lock
AIRFLOW := .venv-airflow/.lock
AIRFLOW2 := .venv-airflow2/.lock
CONTAINERS := .containers

# The machine's own settings for pip stay in force. Errors are shown, and nothing asks a question.
PIP_INSTALL := -m pip install -qq --no-input --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup env env-airflow env-airflow2 demo check test test-containers bench format golden lock build clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: env env-airflow  ## build the environments of the demonstration (every target builds what it needs)
	@echo "ready: $(BIN)/flowc, .venv-airflow/bin/airflow"

env: $(DEV)

env-airflow: $(AIRFLOW)

env-airflow2: $(AIRFLOW2)

define check_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "flowc needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo 'not to be found')." >&2; \
	echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
endef

$(DEV_LOCK): requirements/dev.txt
	$(check_python)
	@echo "setup: .venv from $<"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(DEV): $(DEV_LOCK) pyproject.toml
	@echo "setup: flowc, editable, into .venv"
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(AIRFLOW) $(AIRFLOW2): .venv-%/.lock: requirements/%.txt
	$(check_python)
	@echo "setup: .venv-$* from $<"
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(CONTAINERS): tests/containers/prepare.sh tests/containers/containers.conf
	@bash $< $@

demo: setup  ## the model search: run here, compiled for both schedulers, executed by both
	@$(BIN)/python examples/demo.py

check: env  ## lint, formatting, types, direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: setup env-airflow2  ## run the tests (PYTEST_ARGS="-k foreach" picks some)
	@$(BIN)/python -m pytest --numprocesses=$(PYTEST_WORKERS) --dist=worksteal $(PYTEST_ARGS)

test-containers: setup $(CONTAINERS)  ## run the tests whose tasks are containers, in podman
	@set -a && . ./$(CONTAINERS) && $(BIN)/python -m pytest tests/containers $(PYTEST_ARGS)

bench: setup $(CONTAINERS)  ## measure, and write docs/benchmarks.md
	@set -a && . ./$(CONTAINERS) && env --unset=PYTHONDONTWRITEBYTECODE $(BIN)/python -m benchmarks

format: env  ## rewrite the sources as the linter wants them
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

golden: env  ## write the expected outputs anew; read the diff before committing it
	@$(BIN)/python -m pytest tests/golden --update-golden $(PYTEST_ARGS)

lock:  ## resolve the locks in requirements/ again (UPGRADE=1: to the newest releases)
	$(check_python)
	@PYTHON="$(PYTHON)" UV_VERSION="$(UV_VERSION)" UPGRADE="$(UPGRADE)" bash requirements/lock.sh

build: env  ## build the wheel and the source archive into dist/
	@$(BIN)/python -m hatchling build

clean:  ## remove the environments and everything generated
	rm -rf .venv .venv-airflow .venv-airflow2 .containers build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
