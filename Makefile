PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.stamp
BIN := $(CURDIR)/$(VENV)/bin
SECONDS ?= 120
SEED ?= 0
SCENARIO := $(CURDIR)/golden/portal/before

.PHONY: run test lint golden docs bench fuzz clean

# The main job on the bundled portal: what either profile would do, then the conservative
# rewrite of a throw-away copy, what it changed, and that nothing is left to do.
run: $(STAMP)
	@set -eu; \
	scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; cd "$$scratch"; \
	show() { printf '\n$$ %s\n\n' "$$*"; }; \
	cp -R "$(SCENARIO)" before; cp -R "$(SCENARIO)" portal; cd portal; \
	for profile in conservative aggressive; do \
		show wavefix --profile $$profile --dry-run K8s/portal; \
		"$(BIN)/wavefix" --profile $$profile --dry-run K8s/portal; \
	done; \
	show wavefix --profile conservative K8s/portal; \
	"$(BIN)/wavefix" --profile conservative K8s/portal; cd ..; \
	show diff -ru before portal; \
	diff -ru before portal || test $$? = 1; cd portal; \
	show wavefix --profile conservative --check K8s/portal; \
	"$(BIN)/wavefix" --profile conservative --check K8s/portal

test: $(STAMP)
	"$(BIN)/python" -m pytest -q -n auto

lint: $(STAMP)
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/mypy" wavefix tests tools

# Writes golden/*/expected anew. Review what changed with `git diff golden`.
golden: $(STAMP)
	WAVEFIX_GOLDEN=update "$(BIN)/python" -m pytest -q -n auto tests/test_golden.py
	WAVEFIX_GOLDEN=update "$(BIN)/python" -m pytest -q tests/test_readme.py tests/test_tutorial.py \
		tests/test_rollout_page.py

# Writes docs/schemas, and the tables of keys in docs, from the code.
docs: $(STAMP)
	"$(BIN)/python" tools/reference.py

bench: $(STAMP)
	"$(BIN)/python" tools/bench.py

# Both targets of tests/fuzz, half of SECONDS each, from a SEED (two runs of it begin alike). What is found stays in
# .fuzz.
fuzz: $(STAMP)
	@"$(BIN)/python" -c 'import atheris' 2>/dev/null || \
		"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]' || \
		{ echo "Fuzzing needs atheris, which pip cannot install here; name another Python (Linux," \
			"CPython 3.11 to 3.13): make clean; make PYTHON=python3.12 fuzz"; exit 1; }
	@cd tests && PYTHONHASHSEED=0 "$(BIN)/python" -m fuzz $(SECONDS) $(SEED)

clean:
	rm -rf $(VENV) .fuzz build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "wavefix needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
