# Needs Python 3.11+ and make. Everything else comes from requirements.lock.
SHELL := /bin/sh
PY ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)
BIN := .venv/bin
CODE := revenue approvals tests manage.py

.PHONY: up test check bench lock format \
  check-format check-lint check-templates check-imports check-types check-django
.DEFAULT_GOAL := up

.venv/.ok: requirements.lock
	@test -n "$(PY)" || { echo "Python 3.11 or newer (with venv) is needed." >&2; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv .venv
	@$(BIN)/python -m pip install -q uv==0.13.8
	@$(BIN)/python -m uv pip sync -q --compile-bytecode --require-hashes requirements.lock --python $(BIN)/python \
	  || $(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@touch $@

up: .venv/.ok
	@exec $(BIN)/python manage.py up

# Three at a time on two cores: the long tests mostly wait for processes that they start.
test: .venv/.ok
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: check-format check-lint check-templates check-imports check-types check-django

check-format: .venv/.ok
	$(BIN)/python -m ruff format --check $(CODE)

check-lint: .venv/.ok
	$(BIN)/python -m ruff check $(CODE)

check-templates: .venv/.ok
	$(BIN)/python -m djlint --quiet --check --lint templates

check-imports: .venv/.ok
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command as run; run()'

check-types: .venv/.ok
	$(BIN)/python -m mypy $(CODE)

check-django: .venv/.ok
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

format: .venv/.ok
	$(BIN)/python -m ruff format $(CODE)
	$(BIN)/python -m ruff check --fix $(CODE)

bench: .venv/.ok
	@$(BIN)/python -m tests.benchmarks

lock: .venv/.ok
	$(BIN)/python -m uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
	  --group dev pyproject.toml -o requirements.lock
