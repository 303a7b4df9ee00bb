# ConvCards' commands: `make` alone lists them. Nothing is needed but Python 3.11+, git and make;
# everything is installed into .venv, by hash, and only when a pin has changed.

PYTHON ?= python3
JOBS ?= 3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url $(ARGS)

export PIP_ROOT_USER_ACTION := ignore
# Where it is set, every command that the tests start compiles the service anew: two thirds of a second.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test lint contract tests coverage torture sbom audit lock clean

help: ## list these commands
	@echo "ConvCards: CNN shapes, small convolutions and a quiz that knows the answers, over HTTP"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo "  PYTHON=python3.12 chooses the Python, ARGS='--port 9000' goes to the command behind."

serve: $(VENV)/.serve ## install what is needed and serve on http://127.0.0.1:8000 (Ctrl-C stops)
	@exec $(BIN)/convcards serve $(ARGS)

test: lint contract tests ## every check: style, types, layers, containers, contract, tests

lint: $(VENV)/.test ## style, types, layers and containers only
	@echo "== ruff" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo "== mypy" && $(BIN)/mypy
	@echo "== lint-imports" && $(BIN)/lint-imports
	@echo "== hadolint, compose-lint" && $(BIN)/hadolint Dockerfile \
		&& $(BIN)/compose-lint check --quiet --fail-on low --no-env docker-compose.yml

contract: $(VENV)/.test ## openapi.yaml is what the code says, the deck is sound
	@echo "== openapi.yaml, deck" && $(BIN)/convcards openapi --check && $(BIN)/convcards deck check

tests: $(VENV)/.test ## the tests alone
	@echo "== pytest"
	@$(BIN)/pytest --quiet --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: $(VENV)/.test ## the tests with branch coverage of at least 95 % (twice as long)
	@$(BIN)/coverage erase
	@$(BIN)/pytest --quiet --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder --cov --cov-report= $(ARGS)
	@echo "== coverage" && $(BIN)/coverage report

torture: $(VENV)/.test ## attacks, and faults under load on both databases (14 minutes)
	@$(BIN)/python tests/trust/run_attacks.py
	@$(BIN)/python tests/trust/run_torture.py $(ARGS)

sbom: $(VENV)/.audit ## what is installed to run, by version and hash, as CycloneDX (dist/sbom.cdx.json)
	@mkdir -p dist
	@$(VENV)/audit/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.cdx.json 2>/dev/null
	@echo "$$(grep -c '^[a-z]' requirements.txt) packages in dist/sbom.cdx.json"

audit: $(VENV)/.audit ## known weaknesses of the packages that are installed to run (asks pypi.org)
	@$(VENV)/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.txt

lock: $(VENV)/.test ## pin again after a change in pyproject.toml (ARGS=--upgrade for newer versions)
	$(COMPILE) --extra postgres --extra valkey pyproject.toml --output-file requirements.txt
	$(COMPILE) --group build --constraint requirements.txt --output-file requirements-build.txt
	$(COMPILE) --extra otel --extra postgres --extra valkey --group dev --constraint requirements.txt \
		--constraint requirements-build.txt pyproject.toml --output-file requirements-dev.txt
	$(COMPILE) --group audit --output-file requirements-audit.txt

clean: ## remove the environment and everything that tools left (data/ stays)
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find service tests bench migrations -type d -name __pycache__ -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "ConvCards needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.serve: $(VENV)/.made requirements.txt requirements-build.txt pyproject.toml
	@echo "Installing $$(grep -c '^[a-z]' requirements.txt) pinned packages (requirements.txt)"
	@$(PIP) install --require-hashes -r requirements.txt -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.made requirements-dev.txt pyproject.toml
	@echo "Installing $$(grep -c '^[a-z]' requirements-dev.txt) pinned packages (requirements-dev.txt)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Tools that look at our packages from outside, with packages of their own.
$(VENV)/.audit: $(VENV)/.made requirements-audit.txt
	@echo "Installing $$(grep -c '^[a-z]' requirements-audit.txt) pinned packages (requirements-audit.txt)"
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip -qq --disable-pip-version-check --no-input install --require-hashes \
		-r requirements-audit.txt
	@touch $@
