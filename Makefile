# Everything starts from Python >= 3.11 and make alone; the lock file decides what is installed.
PYTHON ?= python3
PORT ?= 8000
DATA ?= instance
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
export UV_SYSTEM_CERTS := 1
# Spinning threads of the matrix library only take processors from each other.
export OPENBLAS_NUM_THREADS := 1
# Where this is set, every start of the program would compile it again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install up test test-long check semgrep bench format sbom wheel

install: $(VENV)/.installed

$(BIN)/uv:
	@sh scripts/make_venv.sh "$(PYTHON)" "$(VENV)"

$(VENV)/.installed: $(BIN)/uv pyproject.toml uv.lock app/translations/fr/LC_MESSAGES/messages.po
	$(BIN)/uv sync --locked --compile-bytecode --quiet
	$(BIN)/pybabel --quiet compile --directory app/translations
	@touch $@

up: install
	@DECILE_DATA="$(DATA)" DECILE_PORT="$(PORT)" DECILE_BASE_URL="$${DECILE_BASE_URL:-http://localhost:$(PORT)}" exec $(BIN)/decile up

# Three workers for two processors: tests that wait for a browser or a process leave one idle.
test: install
	@sh scripts/install_chromium.sh
	@sh scripts/install_node_verifiers.sh
	$(PYTEST) -n 3 --no-loadscope-reorder -m "not long" tests

test-long: install
	@sh scripts/install_chromium.sh
	@sh scripts/install_node_verifiers.sh
	$(PYTEST) -m long tests
	$(PYTEST) -m "hypothesis and not long" --hypothesis-profile=campaign tests
	$(BIN)/python scripts/mutation_testing.py
	$(BIN)/python scripts/plant_faults.py

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/bandit --configfile pyproject.toml --severity-level medium --quiet --recursive app scoring migrations scripts docs
	$(BIN)/djlint --lint --quiet app/templates
	$(MAKE) semgrep
	$(MAKE) test

# Our own rules, in an environment of its own: semgrep wants other versions of what we use. Fetched once, then offline.
SEMGREP := $(BIN)/uv tool run --exclude-newer 2026-11-28T00:00:00Z semgrep==1.185.0
semgrep: install
	$(SEMGREP) scan --config tests/architecture/semgrep/rules.yaml --error --quiet --metrics off --disable-version-check app scoring migrations scripts

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What runs, with the hash of every file, as CycloneDX 1.5.
sbom: install
	@mkdir -p dist
	$(BIN)/uv export --locked --no-dev --format cyclonedx1.5 --quiet --output-file dist/decile.cdx.json

# The same commit gives the same bytes: what is in it is dated by the commit.
wheel: install
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/uv build --wheel --quiet --out-dir dist

bench: install
	@for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done
