# FlowProtect. `make run` shows the demo game under attack; `make test` passes every test.
SHELL := /bin/bash
PYTHON ?= python3.11
ifeq (,$(shell command -v $(PYTHON) 2>/dev/null))
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
export FLOWPROTECT_SHARED ?= $(abspath ../shared)
STEP = bash demo/step.sh

ENGINE_SOURCES := $(shell find engine -name target -prune -o \( -name '*.rs' -o -name '*.toml' -o -name 'Cargo.lock' -o -name '*.pyi' \) -print 2>/dev/null)

.PHONY: run test lint fmt setup lock clean test-rust test-python tools
.DEFAULT_GOAL := help

help:
	@echo "make run | test | lint | fmt"

tools:
	@bash demo/check_tools.sh $(PYTHON)

$(VENV)/.deps: requirements/dev.txt
	@$(MAKE) --no-print-directory tools
	@$(STEP) "Python packages" bash -c '$(PYTHON) -m venv $(VENV) && $(BIN)/pip install -q --disable-pip-version-check uv==0.9.30 && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements/dev.txt'
	@touch $@

$(VENV)/.engine: $(VENV)/.deps $(ENGINE_SOURCES)
	@$(STEP) "engine (Rust, release)" bash -c 'cd engine/crates/python && VIRTUAL_ENV=$(abspath $(VENV)) $(abspath $(BIN))/maturin develop --release --locked -q'
	@touch $@

setup: $(VENV)/.engine

run: setup
	@$(BIN)/python -m demo.supervisor

test: setup test-rust test-python

test-rust:
	cd engine && cargo test --locked --workspace --exclude flowprotect-engine

test-python:
	$(BIN)/python -m pytest -q

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd engine && cargo fmt --check && cargo clippy --locked --workspace --all-targets -- -D warnings

fmt: $(VENV)/.deps
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	cd engine && cargo fmt

lock: $(VENV)/.deps
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt requirements/base.in -o requirements/base.txt

clean:
	rm -rf $(VENV) engine/target
