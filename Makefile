# The two commands are `make run` and `make test`; everything else is a part of them or a tool beside them.
# Stamps lie inside what they vouch for, so removing a folder also removes the claim that it is complete.

PORT ?= 8000
DATA ?= data
POINT_PORT ?= 8010
SEED ?=
SEEDS ?=
# Fresh seeds that every `make test` spends on the simulator.
SEED_BUDGET ?= 200
# Seconds that every `make test` fuzzes all readers together, and `make fuzz` each one of them.
FUZZ_BUDGET_S ?= 15
FUZZ_S ?= 600

PYTHON := .venv/bin/python
RUNTIME := .venv/.runtime
DEV := .venv/.dev
MODULES := pwa/node_modules/.installed
DIST := pwa/dist/.built
PWA_SOURCES := $(shell find pwa/src pwa/build pwa/public -type f ! -name '*.test.ts') \
  pwa/index.html pwa/desk/index.html pwa/console/index.html pwa/vite.config.ts pwa/package.json

.SILENT:
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run run-point test simulate bench screenshots generate lint types python web build simulator fuzzing fuzz e2e lock clean

say = printf '· %s\n' "$(1)"

help:
	echo "make run          start the hub with the sample zone (PORT=$(PORT) DATA=$(DATA))"
	echo "make test         everything that CI runs"
	echo "make simulate     histories until stopped; SEEDS=1000 runs that many, SEED=… replays one"
	echo "make fuzz         every reader, one after another, FUZZ_S=$(FUZZ_S) seconds each"
	echo "make bench        measure against the peers        make screenshots  every screen into docs/"
	echo "make generate     types and vectors from sync/      make lint         the fast checks only"
	echo "make lock         resolve the Python locks anew     make clean        remove what was built"

run: $(RUNTIME) $(DIST)
	exec .venv/bin/zongchuang serve --data "$(DATA)" --port "$(PORT)"

# A relay at HALL beside the hub of `make run`. The code is taken at its first start alone.
run-point: $(RUNTIME)
	exec .venv/bin/zongchuang serve --role relay --hub "http://127.0.0.1:$(PORT)" \
	  --data "$(DATA)-point" --port "$(POINT_PORT)" \
	  --code "$$(.venv/bin/zongchuang enrol-code HALL --kind relay --data "$(DATA)")"

# In the order in which a mistake is cheapest to find.
test: lint types python web build simulator fuzzing e2e
	$(call say,all checks passed)

lint: $(DEV)
	$(call say,generated files are fresh)
	$(PYTHON) scripts/generate.py --check
	$(call say,ruff)
	.venv/bin/ruff check --quiet --output-format concise
	$(call say,mypy)
	.venv/bin/mypy --no-error-summary
	$(call say,import directions)
	.venv/bin/lint-imports --no-logo >.venv/import-linter.log 2>&1 || { cat .venv/import-linter.log; exit 1; }

types: $(MODULES)
	$(call say,TypeScript)
	npm run --silent --prefix pwa types
	$(call say,dependency-cruiser)
	npm run --silent --prefix pwa depcruise

python: $(DEV)
	scripts/system-packages.sh
	$(call say,pytest)
	$(PYTHON) -m pytest tests --numprocesses 2 --dist loadfile

web: $(MODULES)
	$(call say,vitest)
	npm run --silent --prefix pwa unit

build: $(DIST)

simulator: $(DEV)
	$(call say,$(SEED_BUDGET) fresh seeds in the simulator)
	$(PYTHON) -m tests.simulator --seeds $(SEED_BUDGET)

fuzzing: $(DEV)
	$(call say,every reader fuzzed for $(FUZZ_BUDGET_S) s)
	$(PYTHON) -m tests.fuzz --seconds $(FUZZ_BUDGET_S)

# What it learns and finds stays in .fuzz.
fuzz: $(DEV)
	for target in $$($(PYTHON) -m tests.fuzz --list); do \
	  $(PYTHON) -m tests.fuzz --target $$target --seconds $(FUZZ_S) --keep .fuzz || exit 1; done

e2e: $(DEV) $(DIST)
	scripts/system-packages.sh
	$(call say,end to end in Chromium)
	$(PYTHON) -m pytest e2e

simulate: $(DEV)
	$(PYTHON) -m tests.simulator $(if $(SEED),--seed $(SEED),$(if $(SEEDS),--seeds $(SEEDS)))

bench: $(DEV) $(MODULES) $(DIST) bench/node_modules/.installed
	scripts/system-packages.sh
	node bench/run.mjs --date "$$(date +%F)"
	$(PYTHON) -m bench.repair

screenshots: $(DEV) $(DIST)
	scripts/system-packages.sh
	$(call say,screenshots into docs/screenshots)
	$(PYTHON) -m e2e.screenshots

generate: $(DEV)
	$(PYTHON) scripts/generate.py

# Needs the .venv that an earlier `make` made.
lock:
	scripts/lock.sh

clean:
	rm -rf .venv pwa/node_modules pwa/dist bench/node_modules .mypy_cache .ruff_cache .hypothesis

$(RUNTIME): pyproject.toml locks/bootstrap.txt locks/runtime.txt scripts/python-env.sh
	$(call say,Python packages)
	scripts/python-env.sh runtime
	touch $@

$(DEV): pyproject.toml locks/bootstrap.txt locks/dev.txt scripts/python-env.sh
	$(call say,Python packages for development)
	scripts/python-env.sh dev
	touch $@ $(RUNTIME)

$(MODULES): pwa/package-lock.json
	$(call say,JavaScript packages)
	npm ci --prefix pwa --loglevel=error --no-progress >/dev/null
	touch $@

bench/node_modules/.installed: bench/package-lock.json
	$(call say,the peers of the benchmark)
	npm ci --prefix bench --loglevel=error --no-progress >/dev/null
	touch $@

$(DIST): $(MODULES) $(PWA_SOURCES)
	$(call say,building the three surfaces)
	npm run --silent --prefix pwa build
	touch $@
