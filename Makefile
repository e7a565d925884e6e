# Kex: make run · make glm · make test · make check · make soak. Each sets up what it needs, once.

VENV := .venv
BIN := $(VENV)/bin
# Node comes with requirements-dev.txt; the scripts that npm links cannot count on one in the PATH.
NODE := $(BIN)/node
PRETTIER := $(NODE) node_modules/.bin/prettier
TSC := $(NODE) node_modules/.bin/tsc
SCRIPTS := static/js tests/js
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# npm, too, trusts whom the machine trusts: behind a company's proxy it would fetch nothing else.
export NODE_USE_SYSTEM_CA := 1

.PHONY: run setup glm test soak check format lint types imports sbom audit clean help

help:
	@echo "make run     set up and serve the page on http://127.0.0.1:5000"
	@echo "make setup   set up only; then ./kex --help"
	@echo "make glm     set up what Local-GLM needs, too (PyTorch); make run does where a card is"
	@echo "make test    set up and run the tests"
	@echo "make soak    load, faults and hostile input for two and a half hours (docs/reliability.md)"
	@echo "make check   format, lint, types, import rules, tests, of Python and scripts"
	@echo "make format  rewrite the code in the house format"
	@echo "make sbom    write kex-sbom.json, the list of all installed packages (CycloneDX)"
	@echo "make audit   compare the packages with the known vulnerabilities (needs pypi.org)"
	@echo "make clean   remove the virtual environment, node_modules and the caches of tools"

# Local-GLM wants a card; without one PyTorch's gigabytes would serve nothing.
CARD := $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1 && echo yes)
INSTALLED := $(if $(CARD),$(VENV)/.installed,$(VENV)/.installed-embedded)

run: setup
	@./kex models get Embedded || \
	  echo "Kex starts without the embedded model; the page says what is missing." >&2
	@exec ./kex serve

setup: $(INSTALLED)

glm: $(VENV)/.installed

test: $(VENV)/.installed-dev
	@sh scripts/install-test-programs.sh
	@$(BIN)/python -m pytest

soak: $(VENV)/.installed-dev
	@./kex models get Embedded
	@KEX_SOAK=1 $(BIN)/python -m pytest --timeout 3600 tests/robustness
	@PYTHONPATH=. $(BIN)/python benchmarks/faults.py
	@$(BIN)/python benchmarks/load.py
	@$(BIN)/python benchmarks/load.py --soak

check: $(VENV)/.installed-dev node_modules/.installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@$(PRETTIER) --check $(SCRIPTS)
	@$(TSC) --project .
	@$(TSC) --project tests/js
	@$(NODE) --test --test-reporter=dot 'tests/js/**/*.test.js'
	@$(MAKE) --no-print-directory test

format: $(VENV)/.installed-dev node_modules/.installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(PRETTIER) --write --list-different $(SCRIPTS)

# The marks are newer than the lists they were installed from, so nothing is installed twice.
$(VENV)/.made:
	@sh scripts/make-venv.sh $(VENV)

$(VENV)/.installed-embedded: requirements-embedded.txt $(VENV)/.made
	@echo "Installing requirements-embedded.txt (a minute or two the first time) …"
	@$(BIN)/python -m pip install --no-compile --progress-bar on -r requirements-embedded.txt
	@touch $@

$(VENV)/.installed: requirements.txt requirements-embedded.txt $(VENV)/.made
	@echo "Installing requirements.txt (a few minutes the first time) …"
	@$(BIN)/python -m pip install --progress-bar on -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing requirements-dev.txt …"
	@$(BIN)/python -m pip install -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json $(VENV)/.installed-dev
	@echo "Installing package.json …"
	@$(BIN)/npm ci
	@touch $@

$(VENV)-audit/.installed: requirements-audit.txt
	@sh scripts/make-venv.sh $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install -q -r requirements-audit.txt
	@touch $@

sbom: setup $(VENV)-audit/.installed
	@$(VENV)-audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-format JSON --output-file kex-sbom.json $(BIN)/python
	@echo "kex-sbom.json lists the packages of $(VENV); static/vendor/VENDOR.md has the page's scripts."

# --strict: a package that cannot be looked up is a failure, not a clean result.
audit: $(VENV)-audit/.installed
	@$(VENV)-audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements-embedded.txt

clean:
	rm -rf $(VENV) $(VENV)-audit kex-sbom.json node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
