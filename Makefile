# StockTool: every command a person or CI needs. Only `make` and Python 3.11 to 3.13 have to be there beforehand.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

STOCKTOOL_PORT ?= 8080
STOCKTOOL_STATE_DIR ?= .state
export STOCKTOOL_PORT STOCKTOOL_STATE_DIR STOCKTOOL_MODEL

# The first interpreter in range; `make PYTHON=/path/to/python3.12 up` overrules.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then echo $$p; break; fi; done)
endif
# Bytecode is worth keeping: a ban triples import times.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

BIN := .venv/bin
NODE := $(CURDIR)/.tools/node/bin
PAGE := cd frontend && PATH="$(NODE):$$PATH"
PYTEST := $(BIN)/pytest -q
# Two workers: the machine the suite is sized for has two cores.
PARALLEL := -n 2 --dist loadfile
SOURCES := services infra dev tests

# Everything `make test` runs, in this order. A part that does not exist yet is not listed here.
CHECKS := format-check lint types imports proto page-check charts unit contract integration infra-test e2e

.PHONY: help
help: ## print this list
	@echo "StockTool. The two that matter: make up, make test."
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- the mesh on this machine ----

.PHONY: up down status logs doctor dev seed
up: install ## install, build, start and seed the mesh; prints its address and the demo sign-ins
	@$(BIN)/stocktool-dev up

down: ## stop the mesh; PURGE=1 also removes its state
	@if [ -x $(BIN)/stocktool-dev ]; then $(BIN)/stocktool-dev down $(if $(filter 1 yes true,$(PURGE)),--purge); \
	else echo "nothing is installed here, so nothing runs"; fi

status: python ## processes, health and memory
	@$(BIN)/stocktool-dev status

logs: python ## follow a log: make logs SERVICE=chat (all of them without SERVICE)
	@$(BIN)/stocktool-dev logs $(SERVICE)

doctor: python ## name what is missing or broken on this machine, with its cure
	@$(BIN)/stocktool-dev doctor

dev: install ## the mesh with reload of services and page (Vite on 5173)
	@$(BIN)/stocktool-dev dev

seed: python ## make what is missing of the demo data
	@$(BIN)/stocktool-dev seed

# ---- what everything needs ----

.PHONY: install python cdk node find-python
find-python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 found on the path."; \
	echo "  cure: install one (Debian: apt-get install python3 python3-venv; macOS: brew install python@3.13)"; \
	echo "        or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }

install: find-python ## install tools and packages, build the page; quick when nothing changed
	@$(PYTHON) dev/bootstrap.py --quiet python emulator page

python: find-python
	@$(PYTHON) dev/bootstrap.py --quiet python

node: find-python
	@$(PYTHON) dev/bootstrap.py --quiet node npm

cdk: find-python
	@$(PYTHON) dev/bootstrap.py --quiet cdk node

# ---- checks ----

.PHONY: test
test: ## everything CI runs
	@started=$$(date +%s); for check in $(CHECKS); do \
		echo "== $$check"; before=$$(date +%s); $(MAKE) $$check || { echo "FAILED: make $$check"; exit 1; }; \
		echo "   $$check: $$(($$(date +%s) - before)) s"; \
	done; echo "all green in $$(($$(date +%s) - started)) s"

# One image of our protos alone: buf compares a workspace of two modules with nothing else.
PROTO_IMAGE = mkdir -p .tools && $(BIN)/buf build proto --path proto/stocktool --exclude-source-info

.PHONY: proto-baseline format format-check lint types imports proto page-check unit contract integration infra-test e2e
format: python ## format all sources
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .
	@if [ -f frontend/package.json ]; then $(MAKE) node && $(PAGE) npm run -s format; fi

format-check: python ## formatting of Python sources
	@$(BIN)/ruff format --check -q . || { echo "  cure: make format"; exit 1; }

lint: python ## ruff on all Python
	@$(BIN)/ruff check -q .

types: python ## mypy --strict on all source
	@$(BIN)/mypy --cache-dir .mypy_cache/all $(sort $(wildcard services/*/src/stocktool_*)) dev/src dev/bootstrap.py \
		infra/src/stocktool_infra/deploy.py infra/src/stocktool_infra/reconcile.py infra/src/stocktool_infra/main.py

imports: python ## layer and independence contracts
	@$(BIN)/lint-imports

proto: python ## buf lint, breaking changes against the baseline, method policies
	@$(BIN)/buf lint proto
	@$(PROTO_IMAGE) -o .tools/proto.binpb
	@$(BIN)/buf breaking .tools/proto.binpb --against proto/baseline.binpb \
		--config '{"version": "v1", "breaking": {"use": ["WIRE_JSON"]}}'
	@$(PYTEST) tests/proto

proto-baseline: python ## at a release: what later protos must stay compatible with
	@$(PROTO_IMAGE) -o proto/baseline.binpb

page-check: python node ## the page: lint, types, tests, API types against docs/openapi
	@$(PAGE) npm run -s lint
	@$(PAGE) npm run -s typecheck
	@$(PAGE) npm run -s generate:check
	@$(PAGE) npm run -s test

unit: python ## domain and use cases
	@$(PYTEST) $(PARALLEL) tests/unit

contract: python emulator ## each port's promises, on the fake and on the real adapter
	@$(PYTEST) $(PARALLEL) tests/contract

integration: python emulator ## real servers on loopback, several services
	@$(PYTEST) $(PARALLEL) tests/integration

e2e: install ## the built page in a browser against the whole mesh
	@chromium=$$($(BIN)/python dev/browser.py) && STOCKTOOL_CHROMIUM="$$chromium" $(PYTEST) tests/e2e

.PHONY: openapi
openapi: python node ## rewrite docs/openapi and the page's API types after a change of a service's HTTP API
	@for service in auth stock rag chat admin; do $(BIN)/stocktool-$$service openapi > docs/openapi/$$service.json; done
	@$(PAGE) npm run -s generate

.PHONY: emulator
emulator: find-python
	@$(PYTHON) dev/bootstrap.py --quiet emulator

# ---- infrastructure ----

CDK := PATH="$(NODE):$$PATH" CDK_HOME="$(CURDIR)/.tools/cdk-home" AWS_EC2_METADATA_DISABLED=true \
	JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION=1 .tools/cdk/bin/python -m stocktool_infra.cdk.app

.PHONY: synth infra-test infra-template
synth: cdk ## CloudFormation for every environment, into cdk.out
	@rm -rf cdk.out && $(CDK) --out cdk.out local production && ls cdk.out/*/*.template.json

infra-template: cdk ## rewrite infra/templates/local.template.json after a change of the CDK app
	@rm -rf cdk.out/local && $(CDK) --out cdk.out local
	@cp cdk.out/local/stocktool-local.template.json infra/templates/local.template.json

infra-test: cdk ## nag on production, drift of the committed local template
	@rm -rf cdk.out && $(CDK) --out cdk.out local production
	@cmp -s cdk.out/local/stocktool-local.template.json infra/templates/local.template.json || { \
		echo "infra/templates/local.template.json is not what the CDK app synthesises"; \
		echo "  cure: make infra-template, look at the difference, commit it"; exit 1; }
	@echo "production passes cdk-nag; the committed local template is the synthesised one"

# ---- Kubernetes ----

.PHONY: charts charts-generate charts-tools
charts: python charts-tools ## charts: every shape rendered, checked against three Kubernetes minors, generated files current
	@$(PYTEST) tests/charts

charts-generate: python ## rewrite schemas, tables and the call graph after a change of the charts' values
	@$(BIN)/python -c 'import sys; from stocktool_dev.cluster_charts import generate; sys.exit(generate())'

.PHONY: images
images: python ## container images by docker, podman or buildah: make images IMAGES="auth edge"
	@$(BIN)/python -m stocktool_dev.cluster_images $(IMAGES)

.PHONY: cluster-test
cluster-test: python ## the chart proven on the cluster of KUBECONFIG; STOCKTOOL_CLUSTER_VALUES names a file of values
	@$(BIN)/python -m stocktool_dev.cluster_proof

charts-tools: find-python
	@$(PYTHON) dev/bootstrap.py --quiet charts

# ---- measurements ----

.PHONY: bench
bench: python ## benchmarks of the running mesh, one JSON line each
	@$(BIN)/python -m stocktool_dev.bench_risk
	@$(BIN)/python -m stocktool_dev.bench_live
	@$(BIN)/python -m stocktool_dev.bench_ledger
	@$(BIN)/python -m stocktool_dev.bench_chat
	@$(BIN)/python -m stocktool_dev.bench_receipts
	@$(BIN)/python -m stocktool_dev.bench

.PHONY: demo-chat
demo-chat: python ## a question of each family of tools, then a chat killed in mid-answer before two readers
	@$(BIN)/python -m stocktool_dev.demo_chat

.PHONY: eval
eval: python ## golden questions asked end to end, scored and stored: make eval MODEL=... ONLY="risk advice" LEAST=0.8
	@$(BIN)/python -m stocktool_dev.evaluation $(if $(MODEL),--model $(MODEL)) $(foreach family,$(ONLY),--only $(family)) \
		$(if $(LEAST),--least $(LEAST))

.PHONY: eval-rag
eval-rag: python ## how often search finds the right page, against the usual set-up; also MISSES=1
	@$(BIN)/python -m tests.eval_rag $(if $(MISSES),--misses)

# ---- parts that later work brings ----

.PHONY: kind-up kind-down
kind-up: ## not built yet: the mesh in kind
kind-down: ## not built yet: its removal
kind-up kind-down:
	@echo "make $@: not built yet"; exit 2
