# Every target makes what it needs first: a virtual environment in .venv with the pinned packages of requirements-dev.txt.

.DEFAULT_GOAL := help
.PHONY: help demo run test simulate chaos check lock clean
.SILENT:
.DELETE_ON_ERROR:

export PIP_DISABLE_PIP_VERSION_CHECK = 1
ARGS ?=

help: ## show this list
	awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.installed ## the whole product against stand-ins of Deltek and Stripe; KEEP=1 leaves it running
	exec .venv/bin/python -m connector.sandbox.demo $(if $(KEEP),--keep)

run: .venv/.installed ## every process of the Procfile, until Ctrl-C
	exec .venv/bin/python -m connector.fleet

test: .venv/.installed ## the tests; ARGS="-k receipts" for some of them
	exec .venv/bin/python -m pytest --numprocesses=3 --dist=worksteal $(ARGS)

simulate: .venv/.installed ## random histories of both sides, audited; N=20000 of them, SEED=7 for those; BUGS=1 puts bugs in
	exec .venv/bin/python -m tests.simulation --histories $(or $(N),1000) $(if $(SEED),--seed $(SEED)) $(if $(BUGS),--bugs)

chaos: .venv/.installed ## processes killed in the midst of their work; SECONDS=600 for that long, SEED=7 for those kills
	exec .venv/bin/python -m tests.end_to_end.chaos --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

check: .venv/.installed ## format, lint, types
	.venv/bin/python -m ruff format --check --quiet
	.venv/bin/python -m ruff check --quiet
	.venv/bin/python -m mypy --no-error-summary

lock: .venv/.installed ## pin the packages of setup.cfg anew, in requirements.txt and requirements-dev.txt
	.venv/bin/python -m pip install --quiet --root-user-action=ignore uv
	$(COMPILE) --output-file requirements.txt setup.cfg
	$(COMPILE) --extra dev --output-file requirements-dev.txt setup.cfg

COMPILE = .venv/bin/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

clean: ## remove the virtual environment and what tools left; never the data in .connector
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .installing stands while an installation runs: one that was interrupted is begun anew.
.venv/.installed: requirements-dev.txt setup.cfg setup.py
	if [ -e .venv/.installing ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
		python=$$(for name in $(PYTHON) python3.11 python3; do \
			if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; \
		done); \
		if [ -z "$$python" ]; then echo 'Python 3.11 or later is needed: install it, or say make PYTHON=/path/to/it' >&2; exit 1; fi; \
		rm -rf .venv && $$python -m venv .venv; \
	fi
	touch .venv/.installing
	.venv/bin/python -m pip install --quiet --root-user-action=ignore --require-hashes -r requirements-dev.txt
	.venv/bin/python -m pip install --quiet --root-user-action=ignore --no-build-isolation --no-deps -e .
	mv .venv/.installing .venv/.installed
