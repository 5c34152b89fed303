# make serve · make test · make check · make bench
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PORT   ?= 8000

.PHONY: serve test check lint install install-test bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 以上が必要です / Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

install: $(VENV)/.installed

install-test: $(VENV)/.installed-test

serve: install
	$(BIN)/pfgraph serve --port $(PORT)

check: install
	$(BIN)/pfgraph check

lint: install-test
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

test: install-test lint
	$(BIN)/pfgraph check
	$(BIN)/pytest -n 2

# Takes wrk (Debian: apt-get install wrk); the native server to compare with is no dependency of ours.
bench: install-test
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check 'oxigraph>=0.5.13,<0.6'
	$(BIN)/python bench/throughput.py --oxigraph .bench/bin/oxigraph --json bench/throughput.json

clean:
	rm -rf $(VENV) .bench .pfgraph build dist
