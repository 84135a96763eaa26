# Leeway: every verb is one line here and a typed program elsewhere.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python


.DEFAULT_GOAL := help

##@ The two commands

demo: venv cluster images ## Cluster, install, train, serve: the main job, in front of your eyes
	$(PY) -m tests.cluster.demo

test: venv cluster images ## All tests, on the real cluster
	$(PY) -m pytest tests

##@ Develop

help: ## This list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.stamp ## The virtual environment, from hashed requirements

$(VENV)/.stamp: requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install Python 3.11 or newer"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	touch $@

test-fast: venv ## The tests that need no cluster, in seconds
	$(PY) -m pytest tests/core tests/server tests/contract -m "not cluster"

fmt: venv ## Format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: venv ## Formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests charts examples
	$(BIN)/lint-imports

generate: crds chart ## Everything that is generated
crds: venv ## crds/, their copies in the chart, docs/reference.md
	$(PY) -m leeway.crds

chart: venv ## The chart's values schema and README
	$(PY) -m charts.schema

lock: venv ## The hashed requirement files, from pyproject.toml
	$(PY) -m tests.images lock

check: lint generate lock ## Lint, and generated files are fresh: the tree is clean afterwards
	git diff --exit-code
	@test -z "$$(git status --porcelain)" || { git status --short; exit 1; }

verify: check test-fast ## What to run before a commit

##@ The cluster

cluster: venv ## A real Kubernetes: kubeconfig, kind or native (CLUSTER=…)
	$(PY) -m tests.cluster.native up

cluster-down: venv ## Leave nothing of it behind
	$(PY) -m tests.cluster.native down

cluster-status: venv ## What runs, and where the logs are
	$(PY) -m tests.cluster.native status

images: venv ## Build the images and load them into the cluster
	$(PY) -m tests.images all

bench-operator: venv cluster ## What the operator costs and how fast it is, on simulated nodes (20 minutes; BENCH=--quick: 4)
	$(PY) -m tests.bench.operator $(BENCH)

bench-server: venv ## What counting costs a request, and how large a metrics page is (a minute; BENCH=--quick: seconds)
	$(PY) -m tests.bench.server $(BENCH)

bench-evidence: venv ## What a scrape round of 300 held canaries costs, on simulated pods (4 minutes; BENCH="--pairs 30")
	$(PY) -m tests.bench.evidence $(BENCH)

bench-rollback: venv cluster images ## From the first row that suffices to no endpoint of the canary, on the real cluster (25 minutes; BENCH="--runs 3")
	$(PY) -m tests.bench.rollback $(BENCH)

judge-report: venv ## What the judge finds, misses and wrongly claims, on recorded streams (8 minutes; JUDGE=--quick: 1; STREAMS=DIR: yours)
	$(PY) -m tests.bench.judge $(JUDGE) $(if $(STREAMS),--streams "$(STREAMS)")

.PHONY: help demo test venv test-fast fmt lint generate crds chart lock check verify cluster cluster-down cluster-status images bench-operator bench-server bench-evidence bench-rollback judge-report
