# Retention Lab. `make` lists what there is to do.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check lab bench docs format lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runtime ## Run the playbooks for the made-up client; the reports land in reports/
	@$(BIN)/retention-lab run demo

test: .venv/dev ## Run the whole test suite
	@$(BIN)/pytest -n 2 --dist loadfile

check: .venv/dev ## Check style, types, import contracts, notebooks and documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/pytest -q tests/architecture tests/playbooks/test_conventions.py

lab: .venv/runtime ## Open JupyterLab on this workspace, with the playbooks in view
	@$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/playbooks $(LAB_ARGS)

bench: .venv/dev ## Measure: coverage of intervals, the Cox model, experiments, comments, a report, a batch, a hundred million rows; over an hour
	@$(BIN)/python bench/coverage.py
	@$(BIN)/python bench/cells.py
	@$(BIN)/python bench/cox.py speed
	@$(BIN)/python bench/cox.py coverage
	@$(BIN)/python bench/experiments.py coverage
	@$(BIN)/python bench/experiments.py speed
	@$(BIN)/python bench/experiments_power.py power
	@$(BIN)/python bench/experiments_power.py looks
	@$(BIN)/python bench/feedback_coverage.py
	@$(BIN)/python bench/report.py
	@$(BIN)/python bench/starts.py
	@$(BIN)/python bench/scale.py
	@$(BIN)/python bench/batch.py
	@$(BIN)/python bench/feedback.py

docs: .venv/dev ## Write the generated pages in docs/ again
	@$(BIN)/python docs/generate.py

format: .venv/dev ## Put the code into our format
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format -q .

lock: ## Compile the two lock files again (needs uv)
	@printf 'hatchling>=1.27\neditables\n' | uv pip compile pyproject.toml - $(LOCK) --extra lab --extra dev -o requirements-dev.lock
	@printf 'hatchling>=1.27\neditables\n' | uv pip compile pyproject.toml - $(LOCK) --extra lab -c requirements-dev.lock -o requirements.lock
LOCK := --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q

clean: ## Remove .venv and what the tools leave; clients and reports stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The environment: exact versions with hashes from the lock, then this checkout, linked rather than copied.
.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Retention Lab needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) lacks venv. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 2; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

define install
	@echo "Installing the packages of $(1) into .venv: about two minutes, the first time"
	@$(BIN)/python -m pip install --require-hashes -r $(1) | awk '/^Collecting/ {n++; if (n % 20 == 0) {printf "  %d packages found\n", n; fflush()}} /^Installing/ {print "  installing"; fflush()}'
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2>/dev/null
	@touch $@
endef

.venv/runtime: requirements.lock pyproject.toml | .venv/python
	$(call install,requirements.lock)

# The lock with the test tools holds all of the other.
.venv/dev: requirements-dev.lock pyproject.toml | .venv/python
	$(call install,requirements-dev.lock)
	@touch .venv/runtime
