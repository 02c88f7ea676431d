# Two commands: `make demo` and `make test`. Each sets up what it needs in .venv the first time, and works offline after.

PYTHON ?= python3
CLIP ?=
AUDIO ?=
ENSEMBLE ?= band
OUT ?= out/demo
BIN := .venv/bin

.PHONY: demo test test-hosts test-wheel lint bench clean

demo: .venv/.ready
	$(BIN)/score-bridge demo --out $(OUT) --ensemble $(ENSEMBLE) $(if $(CLIP),--clip "$(CLIP)") $(if $(AUDIO),--audio)

test: .venv/.ready-dev lint
	$(BIN)/python -m pytest

test-hosts: .venv/.ready-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt aalink || echo "no aalink for this Python: its tests are skipped"
	$(BIN)/python -m pytest -m hosts -rs

test-wheel: .venv/.ready-dev
	$(BIN)/python -m pytest -m wheel tests/packaging

lint: .venv/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready-dev
	$(BIN)/score-bridge bench

clean:
	rm -rf .venv out

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "score-bridge needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo]'
	@touch $@

.venv/.ready-dev: .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
