# The commands that stay stable. `make` alone lists them.
RUN := .venv/bin
PYTHON ?=
export PYTHON

.PHONY: help install up test check docs bench clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

install:  ## make .venv with everything that up, test and bench need
	@sh scripts/install.sh

up: install  ## run the Macau brain with its console on 127.0.0.1:8600
	@$(RUN)/guia up

test: install  ## run all tests (installs Chromium for the browser tests)
	@sh scripts/browser.sh
	$(RUN)/python -m pytest -n 2 --dist loadfile

check: install  ## format, lint, types, imports, house rules, docs in step
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	.tools/bin/uv lock --check --offline
	$(RUN)/python -m guia.checks
	@sh scripts/console.sh check

docs: install  ## build the documentation into site/
	$(RUN)/python -m guia.checks --write
	NO_MKDOCS_2_WARNING=1 $(RUN)/mkdocs build --strict

bench: install  ## run the benchmarks that need no data from outside (minutes)
	@sh scripts/bench.sh

clean:  ## remove what install and test made (data/ stays)
	rm -rf .venv .tools site ui/node_modules src/guia/web/static .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +
