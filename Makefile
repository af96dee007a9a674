# make demo   set up, draw a sample project, run the whole main job on it
# make run    open the terminal interface
# make test   everything CI runs
# make soak   the long tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo run test soak messages lint types clean

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing nasutui into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/nasutui --batch new projects/sample --sample --quiet
	@$(BIN)/nasutui --batch run projects/sample
	@echo
	@echo "The sample project is in projects/sample:"
	@echo "  captions        projects/sample/3_tagged/*.txt (Japanese beside them: *_jp.txt)"
	@echo "  kohya dataset   projects/sample/4_dataset"
	@echo "Open it:          make run        (or: $(BIN)/nasutui projects/sample)"

run: $(STAMP)
	@$(BIN)/nasutui

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

test: lint types
	$(BIN)/python -m pytest -q -m "not soak" -n 4 --dist worksteal

soak: $(STAMP)
	$(BIN)/python -m pytest -q -m soak

messages: $(STAMP)
	$(BIN)/python tools/messages.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache projects/sample
