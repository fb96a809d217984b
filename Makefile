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

ENGINE_SOURCES := $(shell find engine -name target -prune -o -name tests -prune -o \( -name '*.rs' -o -name '*.toml' -o -name 'Cargo.lock' -o -name '*.pyi' \) -print 2>/dev/null)
FRONT_SOURCES := $(shell find frontend \( -name node_modules -o -name dist -o -name coverage \) -prune -o -type f -print 2>/dev/null)

.PHONY: help run dev test lint fmt bench bench-vm setup lock clean tools test-rust test-python test-frontend test-aarch64 fuzz api fixtures
.DEFAULT_GOAL := help

help:
	@echo "make run    start everything in development mode, with a demo under attack"
	@echo "make test   run every test"
	@echo "make dev    like run, restarting what changes (web server; front end with 'npm run dev')"
	@echo "make lint | fmt | bench | bench-vm | fuzz | test-aarch64 | api | fixtures | lock | clean"

tools:
	@bash demo/check_tools.sh $(PYTHON)

$(VENV)/.deps: requirements/dev.txt
	@$(MAKE) --no-print-directory tools
	@$(STEP) "Python packages" bash -c '$(PYTHON) -m venv $(VENV) && $(BIN)/pip install -q --disable-pip-version-check uv==0.9.30 && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements/dev.txt'
	@touch $@

$(VENV)/.engine: $(VENV)/.deps $(ENGINE_SOURCES)
	@$(STEP) "engine (Rust, release)" bash -c 'cd engine/crates/python && VIRTUAL_ENV=$(abspath $(VENV)) $(abspath $(BIN))/maturin develop --release --locked -q'
	@touch $@

$(VENV)/.commands: $(VENV)/.deps pyproject.toml
	@$(STEP) "commands" bash -c 'VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .'
	@touch $@

frontend/node_modules/.deps: frontend/package-lock.json
	@$(STEP) "front-end packages" bash -c 'cd frontend && npm ci --no-audit --no-fund --loglevel=error'
	@touch $@

frontend/dist/.built: frontend/node_modules/.deps $(FRONT_SOURCES)
	@$(STEP) "front end" bash -c 'cd frontend && npm run build --silent'
	@touch $@

setup: $(VENV)/.engine $(VENV)/.commands frontend/dist/.built

run: setup
	@$(BIN)/python -m demo.supervisor

dev: setup
	@$(BIN)/python -m demo.supervisor --reload

test: setup test-rust test-python test-frontend

SITE = $(abspath $(VENV))/lib/python3.11/site-packages

# The last line asks Cloudflare's verifier again about the corpus; it needs the libclang of the wheel when it is built.
test-rust: $(VENV)/.deps
	cd engine && cargo test --locked --workspace --exclude flowprotect-engine
	cd engine/crates/vm-corpus && LIBCLANG_PATH=$(SITE)/clang/native BINDGEN_EXTRA_CLANG_ARGS="-ffreestanding -isystem $(SITE)/ziglang/lib/include" cargo test --locked -q

test-python: setup
	$(BIN)/python -m pytest -q

test-frontend: frontend/node_modules/.deps
	cd frontend && npm run typecheck --silent && npm test --silent

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd engine && cargo fmt --check && cargo clippy --locked --workspace --all-targets -- -D warnings
	cd frontend && npm run lint --silent && npm run typecheck --silent

fmt: $(VENV)/.deps frontend/node_modules/.deps
	$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .
	cd engine && cargo fmt
	cd frontend && npm run format --silent

bench: setup
	cd engine && cargo run --locked --release -q -p flowprotect-dataplane --example relay_rate
	cd engine && cargo run --locked --release -q -p flowprotect-vm --example helper_cost
	cd engine && cargo run --locked --release -q -p flowprotect-vm --example state_tables
	$(BIN)/python -m demo.bench

# Compiled programs against native code and other virtual machines; the last line is JSON. BENCH_QUICK=1: 45 seconds.
bench-vm: $(VENV)/.deps
	cd engine/crates/vm-bench && cargo run --locked --release -q

# Each fuzz target for FUZZ_SECONDS (default 30); what there are no tools for is skipped and said.
fuzz:
	@engine/fuzz/run.sh

# The virtual machine's tests as 64-bit ARM code, emulated.
test-aarch64:
	@engine/crates/vm/tests/aarch64.sh

# The OpenAPI documents, and the front end's types that are made from the first.
api: $(VENV)/.engine frontend/node_modules/.deps
	$(BIN)/python manage.py spectacular --format openapi-json --file frontend/openapi.json --fail-on-warn
	$(BIN)/python -m deployments.cloudflare.document > docs/openapi/cloudflare.json
	cd frontend && npm run api --silent

# The objects that the engine's tests run, from the C beside them.
fixtures: setup
	$(BIN)/python engine/crates/vm/tests/corpus/build.py

lock: $(VENV)/.deps
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt requirements/base.in -o requirements/base.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -c requirements/dev.txt requirements/otel.in -o requirements/otel.txt

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist engine/target engine/crates/vm-{corpus,bench}/target engine/fuzz/target
