"""The machine runs valid programs only, and several at a time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.kernels import machine
from tests.kernels.programs import folded, program_of, run, same

INDEX = st.one_of(st.integers(-4, 6), st.integers(-(2**31), 2**31 - 1))
INSTRUCTION = st.tuples(st.integers(-1, 80), INDEX, INDEX, INDEX, INDEX)


@given(st.lists(INSTRUCTION, max_size=6), st.integers(-1, 8), INDEX, st.booleans())
def test_a_random_program_is_refused_or_runs(each_machine, code, registers, result, narrow):
    """Whatever the numbers say, no memory is read or written but that of the program."""
    x = np.ones(700, np.float32 if narrow else np.float64)
    out = np.full(700, 7.0)
    try:
        machine._machine.compute(
            machine.machine(), np.array(code, np.int32).reshape(-1), np.array([1.0, 2.0, 3.0]),
            registers, result, (x, x), out,
        )  # fmt: skip
    except ValueError:
        assert (out == 7.0).all()


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ((np.ones(3), np.ones(4)), ValueError),
        ((np.ones(3, np.int64),), TypeError),
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
