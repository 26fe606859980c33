# GPT-2 in twelve weeks. `make` alone says what there is.
#
# Every target sets the course up by itself, in the virtual environment VENV: .setup/set_up.py does it, and ends at once
# where nothing is to be done.

PYTHON ?= python3
VENV := .venv
LAB_OPTIONS :=
LOCK_OPTIONS :=
TESTS :=

# Inside the clone it is named from here, so that the clone's own path may hold spaces, which make cannot handle.
override VENV := $(subst $(CURDIR)/,,$(VENV))

# A container's image may set it, and then every process compiles PyTorch and Transformers anew: nine seconds to
# import them instead of four.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(VENV)/bin
NAMED := $(if $(filter file default,$(origin PYTHON)),,--this-python)
SET_UP = $(FIND_PYTHON); "$(PYTHON)" .setup/set_up.py --venv "$(VENV)" $(NAMED)

IN_VENV := env PATH="$$(cd "$(BIN)" && pwd):$$PATH"
LAB := $(IN_VENV) "$(BIN)/python" -m jupyterlab --config=utils/lab/config.py

# JupyterLab says the same, in one of forty lines, and names an option that make does not have.
NO_ROOT = echo "JupyterLab does not run as root unless it is told to: make lab LAB_OPTIONS=--allow-root" >&2; exit 1

.DEFAULT_GOAL := help
.PHONY: help lab test demo grader bench verify build lock format lint clean

help:
	@echo "GPT-2 in twelve weeks. The first call sets everything up: a minute or two, and about 1 GB to download."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make lab PYTHON=python3.12        use that Python, which may be 3.11 to 3.14"
	@echo "  make test TESTS=\"tests/sandbox -x\"  run these tests alone, with any of pytest's options"

lab:  ## Open the course in JupyterLab; Ctrl-C ends it
	@$(SET_UP)
	@case "$$(id -u) $(LAB_OPTIONS)" in 0\ *--allow-root*) ;; 0\ *) $(NO_ROOT) ;; esac
	@exec $(LAB) $(LAB_OPTIONS)

test:  ## Check everything: style, types, imports, then every test
	@$(SET_UP) --extra grader --extra dev
	@"$(BIN)/python" .setup/run_tests.py $(TESTS)

demo:  ## Release, collect and grade a sample class
	@$(SET_UP) --extra grader
	@$(IN_VENV) course demo

grader:  ## Install what grading takes, for `course grade` and nbgrader
	@$(SET_UP) --extra grader

bench:  ## Grade a class by stock nbgrader and by `course grade`, and compare: half an hour
	@$(SET_UP) --extra grader
	@$(IN_VENV) OMP_NUM_THREADS=1 "$(BIN)/python" -m grader.tools.bench

verify:  ## Compare GPT-2, run by the course's own parts, with what is published of OpenAI's
	@$(SET_UP)
	@$(IN_VENV) course verify

build:  ## Generate course/ from solutions/
	@$(SET_UP) --extra grader
	@$(IN_VENV) course build

format:  ## Put the code into the house's style
	@$(SET_UP) --extra grader --extra dev
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

lint:  ## Check style, types and the direction of imports
	@$(SET_UP) --extra grader --extra dev
	"$(BIN)/python" .setup/lint.py

lock:  ## Pin what pyproject.toml asks for; LOCK_OPTIONS=--upgrade takes newer versions
	@$(SET_UP) --extra grader --extra dev
	"$(BIN)/uv" pip compile pyproject.toml --all-extras --universal --python-version 3.11 --quiet \
		--config-file .setup/lock.toml --custom-compile-command "make lock" --output-file requirements.lock $(LOCK_OPTIONS)
	@"$(BIN)/python" -m grader.tools.pins

clean:  ## Remove the set-up and what tests left; notebooks and grades stay
	@if test -e "$(VENV)/.ready" || test -e "$(VENV)/.unfinished"; then rm -rf "$(VENV)"; fi
	@rm -rf build tests/output .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis *.egg-info
	@find . -path "./$(VENV)" -prune -o -name __pycache__ -prune -exec rm -rf {} +

define FIND_PYTHON
"$(PYTHON)" -c "" 2>/dev/null || { \
	echo "$(PYTHON) is not a Python that starts here, and the course needs Python 3.11 to 3.14: install one and" \
	"name it, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
endef
