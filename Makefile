# FlowProtect. `make run` starts the whole product on embedded defaults; `make test` passes every test.
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
FRONT_SOURCES := $(shell find frontend -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

.PHONY: run test lint fmt dev bench setup lock clean test-rust test-python test-frontend tools
.DEFAULT_GOAL := help

help:
	@echo "make run | test | lint | fmt | dev | bench"

tools:
	@bash demo/check_tools.sh $(PYTHON)

$(VENV)/.deps: requirements/dev.txt
	@$(MAKE) --no-print-directory tools
	@$(STEP) "Python packages" bash -c '$(PYTHON) -m venv $(VENV) && $(BIN)/pip install -q --disable-pip-version-check uv==0.9.30 && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements/dev.txt'
	@touch $@

$(VENV)/.engine: $(VENV)/.deps $(ENGINE_SOURCES)
	@$(STEP) "engine (Rust, release)" bash -c 'cd engine/crates/python && VIRTUAL_ENV=$(abspath $(VENV)) $(abspath $(BIN))/maturin develop --release --locked -q'
	@touch $@

frontend/node_modules/.deps: frontend/package-lock.json
	@$(STEP) "front-end packages" bash -c 'cd frontend && npm ci --no-audit --no-fund --loglevel=error'
	@touch $@

frontend/dist/.built: frontend/node_modules/.deps $(FRONT_SOURCES)
	@$(STEP) "front end" bash -c 'cd frontend && npm run build --silent'
	@touch $@

SETUP := $(VENV)/.deps
ifneq (,$(wildcard engine/crates/python/pyproject.toml))
SETUP += $(VENV)/.engine
endif
ifneq (,$(wildcard frontend/package-lock.json))
SETUP += frontend/dist/.built
endif
setup: $(SETUP)

run: setup
	@$(BIN)/python -m demo.supervisor

dev: setup
	@$(BIN)/python -m demo.supervisor --reload

test: setup test-rust test-frontend test-python

test-rust:
	cd engine && cargo test --locked --workspace --exclude flowprotect-engine

test-python:
	$(BIN)/python -m pytest -q

test-frontend:
ifneq (,$(wildcard frontend/package-lock.json))
	cd frontend && npm run typecheck && npm test
endif

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd engine && cargo fmt --check && cargo clippy --locked --workspace --all-targets -- -D warnings
	cd frontend && npm run lint && npm run typecheck

fmt: $(VENV)/.deps
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	cd engine && cargo fmt
	cd frontend && npm run format

bench: setup
	$(BIN)/python -m demo.bench

lock: $(VENV)/.deps
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt requirements/base.in -o requirements/base.txt

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist engine/target
