# Everything that a newcomer needs is `make demo` and `make test`; they need Python 3.11 or newer, and make.
# Paths are relative throughout, so that the folder may have a name with spaces.

.DEFAULT_GOAL := help
.PHONY: help setup demo sync test lint typecheck docs screens site bench memory chaos check lock audit clean FORCE
.DELETE_ON_ERROR:

BIN := .venv/bin
READY := .venv/.ready
CODE := cli intercom_etl tests docs deploy

# The stamp holds the folder that .venv was made in: a copied or moved one points back to its origin. An
# interpreter that has gone away, or a setup that was interrupted, leaves no good stamp either.
VENV_IS_GOOD := $(shell [ "$$(cat $(READY) 2>/dev/null)" = "$$(pwd -P)" ] && $(BIN)/python -c '' 2>/dev/null && echo yes)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  Arguments: make sync ARGS="contacts --since 7d", make test ARGS="-k window -n 0", make docs CHECK=1'

setup: $(READY) ## Make .venv from requirements.lock (only when something changed)

demo: setup ## Copy a simulated workspace into an embedded PostgreSQL; needs no account
	@$(BIN)/intercom-etl demo $(ARGS)

sync: setup ## Copy your workspace (INTERCOM_ACCESS_TOKEN); ARGS go to `intercom-etl sync`
	@$(BIN)/intercom-etl sync $(ARGS)

test: setup ## Run the tests but those that take long; ARGS go to pytest (--all takes these too)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

lint: setup ## Check style, formatting, and who imports whom
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports --no-cache --no-logo

typecheck: setup ## Check types
	@$(BIN)/basedpyright

docs: setup ## Write the generated pages; with CHECK=1 only say which are stale
	@$(BIN)/python -m docs.generate $(if $(CHECK),--check)

screens: setup ## Run the commands that pages show, and write what they print; with CHECK=1 only compare
	@$(BIN)/python -m docs.screens $(if $(CHECK),--check)

site: setup ## Build the documentation as a website, in build/site; a link that leads nowhere fails
	@[ .venv-docs/.ready -nt docs.lock ] || { $(BIN)/python -m venv --clear .venv-docs \
		&& .venv-docs/bin/python -m pip install -qq --require-hashes -r docs.lock && touch .venv-docs/.ready; }
	@.venv-docs/bin/python -m sphinx -b html -c docs/site -W --keep-going -q -E -d build/doctrees . build/site
	@$(BIN)/python -m docs.site.check build/site
	@echo "site: open build/site/index.html"

bench: setup ## Measure speed on this machine
	@$(BIN)/python tests/bench/bench.py $(ARGS)

memory: setup ## Copy a million parts under a cap of 300 MB and draw the memory
	@PYTHONPATH=tests $(BIN)/python tests/bench/memory.py $(ARGS)

chaos: setup ## Kill, break and restart at random for --minutes 10, and count what is lost; ARGS
	@PYTHONPATH=tests $(BIN)/python -m chaos $(ARGS)

check: lint typecheck ## All that has to pass before a commit, the long tests too
	@$(MAKE) --no-print-directory test ARGS="--all $(ARGS)"
	@$(MAKE) --no-print-directory docs screens CHECK=1

lock: ## Pin what pyproject.toml asks for (needs uv: pip install uv); ARGS=--upgrade takes the newest
	@command -v uv >/dev/null || { echo "lock: uv is missing; hint: pip install uv" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --all-extras --group dev \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock $(ARGS)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --group audit \
		--custom-compile-command "make lock" -o audit.lock $(ARGS)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --group docs \
		--custom-compile-command "make lock" -o docs.lock $(ARGS)

audit: setup ## Ask the advisory service for known weaknesses of all that is pinned; ARGS=--strict fails when it is silent
	@[ -x .venv-audit/bin/pip-audit ] || { $(BIN)/python -m venv .venv-audit \
		&& .venv-audit/bin/python -m pip install -qq --require-hashes -r audit.lock; }
	@.venv-audit/bin/python .ci/audit $(ARGS)

clean: ## Remove .venv, caches and build output; data stay
	rm -rf .venv .venv-audit .venv-docs build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml $(if $(VENV_IS_GOOD),,FORCE)
	@set -e; \
	if [ "$(VENV_IS_GOOD)" != yes ]; then \
		for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
			"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
			found=$$python; \
			"$$python" -c 'import venv, ensurepip' 2>/dev/null && { usable=$$python; break; } || true; \
		done; \
		if [ -z "$$found" ]; then \
			echo "setup: no Python 3.11 or newer found; hint: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; \
		elif [ -z "$$usable" ]; then \
			echo "setup: $$found has no venv module; hint: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; \
		fi; \
		echo "setup: making .venv with $$("$$usable" --version), takes up to a minute the first time" >&2; \
		rm -rf .venv; \
		"$$usable" -m venv .venv; \
	fi; \
	rm -f $(READY); \
	export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0; \
	$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .; \
	pwd -P > $(READY); \
	echo "setup: ready" >&2

FORCE:
