"""The machine runs valid programs only, and several at a time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.kernels import machine
from tests.kernels.conftest import NAMES
from tests.kernels.programs import folded, program_of, run, same

INDEX = st.one_of(st.integers(-4, 6), st.integers(-(2**31), 2**31 - 1))
SIZE = st.one_of(st.sampled_from([0, 1, 2, 4, 8]), INDEX)
CODE = st.integers(-1, len(machine.operations()) if NAMES else 0)
INSTRUCTION = st.tuples(CODE, INDEX, INDEX, INDEX, INDEX, SIZE, SIZE)
# Programs of these are mostly valid: registers and constants that there are, and related sizes.
FEW = st.integers(-3, 5)
LIKELY = st.tuples(CODE, st.integers(3, 5), FEW, FEW, FEW, st.sampled_from([1, 4]), SIZE)
INPUTS = (np.ones(700), np.arange(2800.0).reshape(700, 4), np.arange(700) % 5)


@given(
    st.one_of(st.lists(INSTRUCTION, max_size=6), st.lists(LIKELY, max_size=6)),
    st.integers(-1, 8),
    st.one_of(st.integers(3, 5), INDEX),
    st.sampled_from([np.float64, np.float32]),
)
def test_a_random_program_is_refused_or_runs(each_machine, code, registers, result, dtype):
    """Whatever the numbers say, no memory is read or written but that of the program."""
    inputs = (INPUTS[0].astype(dtype), INPUTS[1].astype(dtype), INPUTS[2])
    out = np.full(700, 7.0)
    try:
        machine._machine.compute(
            machine.machine(), np.array(code, np.int32).reshape(-1), np.array([1.0, 2.0, 3.0]),
            registers, result, inputs, out,
        )  # fmt: skip
    except ValueError:
        assert (out == 7.0).all()


@pytest.mark.parametrize("operation", machine.operations() if NAMES else ())
@given(st.lists(FEW, min_size=3, max_size=3), st.sampled_from([1, 2, 4]), st.integers(0, 8))
def test_an_operation_of_any_numbers_is_refused_or_runs(
    each_machine, operation, operands, width, part
):
    """Each operation is reached, on inputs of each type and width."""
    code = machine.operations().index(operation)
    total = machine.operations().index("TOTAL")
    program = [[code, 3, *operands, width, part], [total, 4, 3, 0, 0, part or 1, part or 1]]
    out = np.empty(700)
    for result, length in ((3, 1), (4, 2)):
        with suppress(ValueError):
            machine._machine.compute(
                machine.machine(), np.array(program[:length], np.int32).reshape(-1),
                np.array([1.0, 2.0, 3.0]), 5, result, INPUTS, out,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ((np.ones(3), np.ones(4)), ValueError),
        ((np.ones(3, np.int32),), TypeError),
        ((np.ones(3, np.int64),), ValueError),
        ((np.array(3.0),), TypeError),
        ((np.ones((3, 4))[:, 0],), ValueError),
        ((np.ones(3, ">f8"),), TypeError),
        ((), ValueError),
        ((3.0,), TypeError),
    ],
)
def test_inputs_of_other_types_and_lengths_are_refused(each_machine, inputs, error):
    """By an exception, before anything runs."""
    program = program_of(lambda _, *x: x[0] + 1.0, max(1, len(inputs)))
    with pytest.raises(error):
        machine.compute(program, inputs, np.empty(3))


def test_threads_run_programs_at_the_same_time(each_machine):
    """Each with memory of its own."""
    x = np.random.default_rng(0).standard_normal(50_000)
    whole = run(lambda xp, x: xp.exp(x) - xp.log1p(x * x), x)
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: run(lambda xp, x: xp.exp(x) - xp.log1p(x * x), x), range(8))
        )
        states = list(pool.map(lambda _: folded(x), range(8)))
    assert all(same(one, whole) for one in found)
    assert len({repr(state) for state in states}) == 1


def test_no_rows_have_no_results(each_machine):
    """An empty block is not an error."""
    assert machine.compute(program_of(lambda _, x: x + 1.0, 1), (np.empty(0),), np.empty(0)) is None


@pytest.mark.parametrize("choice", ["numpy", "baseline", ""])
def test_the_environment_chooses_the_machine(choice):
    """`numpy` for none, or an instruction set; the best one otherwise."""
    code = "from losscli.kernels import machine; print(machine.available(), machine.name())"
    found = subprocess.run(
        (sys.executable, "-c", code), env=os.environ | {"LOSSCLI_KERNEL": choice},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    names = machine._machine.MACHINES if machine._machine else ()
    expected = None if choice == "numpy" or not names else choice or names[-1]
    assert found.strip() == f"{expected is not None} {expected}"
