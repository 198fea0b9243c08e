# Parvis: `make run` to try it, `make test` to prove it. Each target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
SYSTEM_PACKAGES := deploy/test-packages.txt
PYTHON ?= python3

.PHONY: help run test check fix bench fuzz screenshots lock messages clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: $(STAMPS)/python $(STAMPS)/frontend $(STAMPS)/messages ## Parvis with a fictional authority on http://localhost:8000
	@exec $(BIN)/parvis demo

test: $(STAMPS)/python-dev $(STAMPS)/frontend $(STAMPS)/messages system-packages $(STAMPS)/ldap $(STAMPS)/test-servers ## The whole suite, on SQLite and on PostgreSQL
	@deploy/run-tests

check: $(STAMPS)/python-dev $(STAMPS)/frontend-modules $(STAMPS)/messages ## Style, types, layers, migrations, templates, translations
	@deploy/run-checks

fix: $(STAMPS)/python-dev ## Mend what ruff can mend
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(STAMPS)/python-dev $(STAMPS)/frontend system-packages $(STAMPS)/ldap ## Ratios against peers, in the same run
	@$(BIN)/python -m bench

fuzz: $(STAMPS)/python-dev ## Coverage-guided fuzzing of every parser (FUZZ_SECONDS each, 60 by default)
	@deploy/run-fuzz

screenshots: $(STAMPS)/python-dev $(STAMPS)/frontend $(STAMPS)/messages system-packages ## Renew docs/images from the demo
	@$(BIN)/python -m deploy.screenshots

lock: $(STAMPS)/python-dev ## Renew the lock files after a change in pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra postgresql --extra editable --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra postgresql --extra editable --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml --extra ldap --constraint requirements.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-ldap.lock
	@$(BIN)/uv pip compile pyproject.toml --extra s3 --constraint requirements.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-s3.lock

clean: ## Remove what was built (not var/, where the demo's data are)
	rm -rf $(VENV) $(STAMPS) frontend/node_modules src/parvis/portal/ui/static/ui/build

# --- set-up, each done once and again when its inputs change ---------------------------------

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/venv: | $(STAMPS)
	@deploy/make-venv "$(PYTHON)" $(VENV)
	@touch $@

$(STAMPS)/python: requirements.lock pyproject.toml $(STAMPS)/venv
	@test -e $(STAMPS)/python-dev -a ! requirements.lock -nt $(STAMPS)/python-dev || { \
	  echo "▸ Python parts (about a minute)"; \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock 2> >(grep -v "is ignored" >&2); }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2> >(grep -v "is ignored" >&2)
	@touch $@

$(STAMPS)/python-dev: requirements-dev.lock pyproject.toml $(STAMPS)/venv
	@echo "▸ Python parts and test tools (about two minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock 2> >(grep -v "is ignored" >&2)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2> >(grep -v "is ignored" >&2)
	@touch $@ $(STAMPS)/python

$(STAMPS)/frontend-modules: frontend/package-lock.json | $(STAMPS)
	@echo "▸ Front-end parts (about half a minute)"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/frontend: $(STAMPS)/frontend-modules $(shell find frontend/src frontend/*.ts frontend/*.txt frontend/*.json -type f 2>/dev/null)
	@echo "▸ Building the pages' scripts and styles"
	@cd frontend && npm run build --silent
	@touch $@

$(STAMPS)/messages: $(wildcard src/parvis/portal/locale/*/LC_MESSAGES/*.po) $(STAMPS)/venv
	@test -e $(STAMPS)/python -o -e $(STAMPS)/python-dev || $(MAKE) --no-print-directory $(STAMPS)/python
	@$(BIN)/python deploy/compile_messages.py src/parvis/portal/locale
	@touch $@

# python-ldap has no binary: it is built here, against Debian's libldap (the headers are among the test packages).
$(STAMPS)/ldap: requirements-ldap.lock $(STAMPS)/python-dev | system-packages
	@echo "▸ The LDAP client (built, about half a minute)"
	@if $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ldap.lock 2> >(grep -v "is ignored" >&2); then touch $@; \
	  else test -z "$${CI:-}" && echo "! Not built: the tests of LDAP are skipped (sudo apt install gcc libldap-dev libsasl2-dev)"; fi

# Files in a bucket (PARVIS_FILES_URL): who keeps them on the disk needs nothing of it.
$(STAMPS)/s3: requirements-s3.lock $(STAMPS)/venv
	@echo "▸ The client of S3 servers"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-s3.lock 2> >(grep -v "is ignored" >&2)
	@touch $@

# Counterparts of the tests that npm distributes: a real OpenID Connect provider.
$(STAMPS)/test-servers: tests/servers/oidc/package-lock.json | $(STAMPS)
	@echo "▸ Test servers from npm"
	@cd tests/servers/oidc && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: system-packages
system-packages:
	@deploy/install-test-packages $(SYSTEM_PACKAGES)
