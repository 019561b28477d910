# `make demo` shows what losscli does, `make test` runs what CI runs, `make quick` the part of it
# that concerns a change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# `require` where C can be compiled: a build that fails must not fall back to NumPy in silence. Where
# it cannot, the line of notice says why, and the tests run on NumPy alone.
ifndef LOSSCLI_KERNEL_BUILD
LOSSCLI_KERNEL_BUILD := $(shell $(PYTHON) hatch_build.py --mode)
endif
export LOSSCLI_KERNEL_BUILD

INSTALLATION := pyproject.toml constraints.txt hatch_build.py $(wildcard losscli/kernels/src/*)
# The tests that run on NumPy too where the rest runs on compiled kernels.
NUMPY_TESTS := tests/accumulators tests/evaluation tests/catalogue tests/corpus

.PHONY: demo test lint quick mutants test-deep fuzz record test-cuda bench simulate examples man docs clean

demo: $(VENV)/demo
	$(BIN)/losscli eval examples/diabetes/ridge.npy examples/diabetes/targets.npy \
	    -l mae -l mse -l smooth_l1:beta=10
	@echo
	$(BIN)/losscli eval examples/cancer/table.csv --pred logistic --target y -l bce
	@echo
	$(BIN)/losscli eval examples/digits/logistic_logits.npy examples/digits/labels.npy \
	    -l cross_entropy
	@echo
	$(BIN)/losscli run configs/quickstart.yaml --no-save

test: lint
	$(BIN)/pytest -n 2 --dist loadgroup -m "not deep"
ifeq ($(LOSSCLI_KERNEL_BUILD),require)
	LOSSCLI_KERNEL=numpy $(BIN)/pytest -n 2 --dist loadgroup -m "not deep" $(NUMPY_TESTS)
endif

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Lint, types, and the tests of what has changed since origin/main, in under a minute.
quick: lint
	$(BIN)/python -m tests.quick 35

# The exhaustive runs: longer searches of hypothesis, and the tests marked deep.
test-deep: lint $(VENV)/oracles
	LOSSCLI_TESTS=deep $(BIN)/pytest -n 2 --dist loadgroup

# Searches of the readers of files that coverage guides, FUZZ_S seconds each.
FUZZ_S ?= 600
fuzz: $(VENV)/oracles
	LOSSCLI_FUZZ_S=$(FUZZ_S) $(BIN)/pytest -n 2 tests/sources/test_guided.py

# Mutation tests of the packages that pyproject.toml names; MUTANTS narrows it by a pattern, and
# `mutmut show NAME` prints a survivor. It takes hours for all, and continues where it was stopped.
MUTANTS ?=
mutants: $(VENV)/mutants
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut results

# Write again what optax and Keras give; CONTRIBUTING.md says when.
record: $(VENV)/oracles
	$(BIN)/python -m tests.oracles.record

# The tests that need a CUDA device; elsewhere they skip and say so.
test-cuda: $(VENV)/dev
	$(BIN)/pytest -m gpu

# Ratios to one-liners, each measured in one run; see benchmarks/README.md.
bench: $(VENV)/dev
	$(BIN)/python benchmarks/evaluation.py
	$(BIN)/python benchmarks/calls.py
	$(BIN)/python benchmarks/evidence.py

# Simulate the coverage of the intervals of evaluations, for docs/statistics.md.
simulate: $(VENV)/dev
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python -m benchmarks.coverage_metrics
	$(BIN)/python -m benchmarks.coverage_compare

# Man pages and shell completions, in build/.
man: $(VENV)/demo
	$(BIN)/python docs/make_man.py build

# The documentation as a static site, in build/site; it fails on a link that leads nowhere.
docs: $(VENV)/docs
	$(BIN)/python docs/make_site.py

# Make the files of examples/ again.
examples: $(VENV)/dev
	$(BIN)/python examples/make_examples.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo: $(VENV)/bin/python $(INSTALLATION)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

# axe-core, which checks pages for accessibility, comes in a package for playwright; tests need the
# script alone.
$(VENV)/dev: $(VENV)/bin/python $(INSTALLATION)
	$(PIP) install --quiet --constraint constraints.txt --editable ".[torch,dev]"
	$(PIP) install --quiet --constraint constraints.txt --no-deps axe-playwright-python
	@touch $@ $(VENV)/demo

# Keras runs over the torch that is there, so neither brings a torch of its own. With them comes what
# checks the distributions.
$(VENV)/oracles: $(VENV)/dev
	$(PIP) install --quiet --constraint constraints.txt --editable ".[torch,dev,oracles,package]"
	@touch $@

$(VENV)/docs: $(VENV)/demo
	$(PIP) install --quiet --constraint constraints.txt --editable ".[docs]"
	@touch $@

$(VENV)/mutants: $(VENV)/dev
	$(PIP) install --quiet --constraint constraints.txt --editable ".[torch,dev,mutants]"
	@touch $@

clean:
	rm -rf $(VENV) mutants build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f losscli/kernels/_machine.abi3.so
