# What a newcomer types. Everything is installed into .venv; nothing outside this folder is touched.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup lock demo up test check unit nightly mutants bench pictures deploy destroy clean

PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# jsii looks for `node` on PATH: the wheel in .venv comes first, the system's Node second.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled bytecode halves every start-up; the pinned tzdata package is read before the system's zones.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONTZPATH :=
# numpy's own threads only get into each other's way where tests run side by side.
export OMP_NUM_THREADS := 1

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kairos needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Your Python cannot make a virtual environment: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

setup: $(READY) ## Make .venv with everything in it, the kairos command included.

lock: $(READY) ## Resolve the dependencies anew into the lock files.
	$(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --python-version 3.11 --all-extras --group dev \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux2014 \
	  --custom-compile-command "make lock" -c requirements.lock pyproject.toml -o requirements-runtime.lock
	$(BIN)/uv pip compile -q --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --group learn-layer \
	  --custom-compile-command "make lock" -c requirements.lock -o requirements-learn.lock
	$(BIN)/uv pip compile -q --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --group publish-layer \
	  --custom-compile-command "make lock" -c requirements.lock -o requirements-publish.lock

demo: $(READY) ## Live a month of a small shop's life, and show what was sent to whom, when and why.
	@$(BIN)/python -m kairos.local.demo

up: $(READY) ## Serve the local cloud on localhost until stopped.
	@$(BIN)/kairos local --brand examples/spring-day

check: $(READY) ## Format, lint, types and import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Debian's Chromium, where it is missing and may be installed; tests that need one say when they are skipped.
BROWSER := $(VENV)/.browser
$(BROWSER): $(READY)
	$(BIN)/python -m tests.browser.chromium
	touch $@

unit: $(READY) $(BROWSER) ## Unit, contract, simulation and local-cloud tests.
	$(BIN)/pytest -n auto --dist loadgroup

test: check unit ## Everything: what CI runs.

nightly: $(READY) ## The long runs: KAIROS_SEEDS=n sets how many histories are lived.
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -n auto --dist loadgroup -m "nightly or not nightly"
	$(BIN)/python -m tests.simulation
	$(BIN)/python -m bench.dry_run

mutants: $(READY) ## Put mistakes of our own into a copy of the tree: the tests must notice every one.
	$(BIN)/python -m tests.mutants

bench: $(READY) ## Make the figures of docs/figures.md (about ten minutes, on a quiet machine).
	@$(BIN)/python -m bench.run

pictures: $(READY) ## Picture every mail that is shipped anew, and the preference centre (about two minutes).
	$(BIN)/python -m tests.browser.mail_pictures
	$(BIN)/python -m tests.browser.test_preferences

deploy: $(READY) ## Deploy to your AWS account: make deploy STAGE=prod (docs/deploy.md)
	$(BIN)/python -m infra.cdk deploy -c stage=$(STAGE)

destroy: $(READY) ## Take a stage down again; what is retained is said in docs/deploy.md.
	$(BIN)/python -m infra.cdk destroy -c stage=$(STAGE)

clean: ## Remove what was built and installed here.
	rm -rf $(VENV) build cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
