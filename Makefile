# GPT-2 in twelve weeks. `make` alone says what there is.
#
# Every target sets the course up by itself, in the virtual environment VENV. The file .ready in it says that this was
# finished, so that later calls start at once; a new requirements.lock or pyproject.toml brings it up to date.

PYTHON ?= python3
CHROMIUM ?= /usr/bin/chromium
TORCH_INDEX ?=
VENV := .venv
LAB_OPTIONS :=
LOCK_OPTIONS :=

# Inside the clone it is named from here, so that the clone's own path may hold spaces, which make cannot handle.
override VENV := $(subst $(CURDIR)/,,$(VENV))

PYTHONS := 3.11 3.12 3.13 3.14
OLDEST := $(firstword $(PYTHONS))
NEWEST := $(lastword $(PYTHONS))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UNFINISHED := $(VENV)/.unfinished

PIP_INSTALL := "$(BIN)/python" -m pip --disable-pip-version-check install
IN_VENV := env PATH="$$(cd "$(BIN)" && pwd):$$PATH"
LAB := $(IN_VENV) "$(BIN)/python" -m jupyterlab --config=utils/lab/config.py
PYTEST := $(IN_VENV) OMP_NUM_THREADS=1 CHROMIUM="$(CHROMIUM)" "$(BIN)/python" -m pytest -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help lab test demo bench build lock format lint clean chromium postgresql

help:
	@echo "GPT-2 in twelve weeks. The first call sets everything up, which takes some minutes."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make lab PYTHON=python3.12    use that Python, which may be $(OLDEST) to $(NEWEST)"
	@echo "  make lab TORCH_INDEX=address  take PyTorch from there: see README.md, \"Linux without a graphics card\""

lab: $(READY)  ## Open the course in JupyterLab; Ctrl-C ends it
	@exec $(LAB) $(LAB_OPTIONS)

test: chromium postgresql $(READY)  ## Check everything: style, then every test
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	$(PYTEST) -m "not slow"
	$(PYTEST) -m slow

demo: $(READY)  ## Release, collect and grade a sample class
	@$(IN_VENV) course demo

bench: $(READY)  ## Grade a class by stock nbgrader and by `course grade`, and compare: half an hour
	@$(IN_VENV) OMP_NUM_THREADS=1 "$(BIN)/python" -m grader.bench

build: $(READY)  ## Generate course/ from solutions/
	@$(IN_VENV) course build

format: $(READY)  ## Put the code into the house's style
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

lint: $(READY)  ## Check the style alone
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .

lock: $(READY)  ## Pin what pyproject.toml asks for; LOCK_OPTIONS=--upgrade takes newer versions
	"$(BIN)/uv" pip compile pyproject.toml --extra dev --universal --python-version 3.11 --quiet \
		--custom-compile-command "make lock" --output-file requirements.lock $(LOCK_OPTIONS)
	@"$(BIN)/python" -m grader.pins

clean:  ## Remove the set-up and what tests left; notebooks and grades stay
	@if test -e $(READY) || test -e $(UNFINISHED); then rm -rf $(VENV); fi
	@rm -rf build tests/output .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -path "./$(VENV)" -prune -o -name __pycache__ -prune -exec rm -rf {} +

# --- Set-up

ifneq ($(words $(VENV)),1)
$(error VENV is "$(VENV)", and make cannot handle a name with a space: choose one without)
endif

# A set-up is sound when it was finished, in this folder (scripts name the folder they were made in), and its Python
# still starts. One that is not sound is made anew, whatever the dates of the files say.
SOUND := $(shell test ! -e $(UNFINISHED) && "$(BIN)/python" -c "" 2>/dev/null \
	&& test "$$(cat $(READY) 2>/dev/null)" = "$$(pwd -P)" && echo yes)
ifneq ($(SOUND),yes)
.PHONY: $(READY)
endif

$(READY): requirements.lock pyproject.toml
ifneq ($(SOUND),yes)
	@$(CHECK_PYTHON)
	@$(MAKE_VENV)
endif
	@touch $(UNFINISHED)
	@echo "[2/3] Installing the packages of requirements.lock: minutes the first time, seconds later."
	@$(INSTALL_TORCH)
	@$(PIP_INSTALL) --requirement requirements.lock || { $(STOPPED) }
	@echo "[3/3] Installing the course itself: seconds."
	@$(PIP_INSTALL) --quiet --no-deps --no-build-isolation --editable . || { $(STOPPED) }
	@pwd -P > $(READY)
	@rm $(UNFINISHED)
	@echo "The course is set up."

define CHECK_PYTHON
version=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); \
case " $(PYTHONS) " in \
*" $${version:-none} "*) ;; \
*) echo "$(PYTHON) is $${version:+Python }$${version:-not a Python that starts here}, and the course needs Python" \
	"$(OLDEST) to $(NEWEST): install one and name it, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1 ;; \
esac; \
"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) lacks its modules venv and ensurepip: install them (Debian, Ubuntu: apt install" \
	"python$$version-venv), then call make again." >&2; exit 1; }
endef

# An environment that somebody made by hand has neither of our two files: it is used as it is.
define MAKE_VENV
if test -e $(UNFINISHED) || test -e $(READY) || ! "$(BIN)/python" -m pip --version >/dev/null 2>&1; then \
	echo "[1/3] Making a virtual environment in $(VENV): seconds."; \
	"$(PYTHON)" -m venv $(if $(wildcard $(UNFINISHED) $(READY)),--clear) "$(VENV)"; \
else \
	echo "[1/3] Using the virtual environment in $(VENV)."; \
fi
endef

define INSTALL_TORCH
if test -n "$(TORCH_INDEX)"; then \
	$(PIP_INSTALL) --no-deps --index-url "$(TORCH_INDEX)" --constraint requirements.lock torch || { $(STOPPED) } \
fi
endef

define STOPPED
echo "The set-up stopped at the message above; call make again when that is put right, and it starts anew." >&2; exit 1;
endef

chromium:
	@test -x "$(CHROMIUM)" || { \
	echo "The browser tests need Chromium, and $(CHROMIUM) is not there: install it (Debian: apt install chromium)" \
	"or say where one is: make test CHROMIUM=/path/to/it" >&2; exit 1; }

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	echo "The class run's tests need the programs of a PostgreSQL server: install them (Debian: apt install" \
	"postgresql)." >&2; exit 1; }
