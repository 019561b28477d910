"""Programs of functions and of losses, and their results."""

from functools import lru_cache

import numpy as np

from losscli.kernels import machine
from losscli.kernels.program import assemble
from losscli.kernels.trace import trace

# Functions whose results are not those of NumPy to the bit.
MATHEMATICAL = frozenset({"EXP", "EXPM1", "LOG", "LOG1P", "TANH", "POW", "ATAN2"})


def program_of(function, inputs, others=frozenset(), limits=(), narrow=()):
    """The program of function(xp, *arrays)."""
    return assemble(trace(function, inputs, others), machine.operations(), limits, narrow)


def traced(function, inputs, others=frozenset(), *, several=False):
    """The graph of a function of some arrays."""
    shapes = tuple(one.shape[1:] for one in inputs)
    whole = tuple(one.dtype.kind == "i" for one in inputs)
    return _traced(function, shapes, whole, others, several)


@lru_cache(1000)
def _traced(function, shapes, whole, others, several):
    return trace(function, len(shapes), others, shapes, whole, several=several)


def program_for(graph, inputs, limits=()):
    """The program of a graph for arrays of these types, or of a function of them."""
    if callable(graph):
        graph = traced(graph, inputs)
    narrow = tuple(one.dtype == np.float32 for one in inputs)
    whole = tuple(one.dtype == np.int64 for one in inputs)
    return _assembled(graph, tuple(limits), narrow, whole)


@lru_cache(1000)
def _assembled(graph, limits, narrow, whole):
    return assemble(graph, machine.operations(), limits, narrow, whole)


def run(function, *inputs):
    """The results of a function by the machine; questions are answered until none fails."""
    others = frozenset()
    while True:
        graph = traced(function, inputs, others, several=True)
        program = program_for(graph, inputs)
        out = np.empty((len(inputs[0]), graph.width)[: 1 + (graph.width > 1)])
        failed = machine.compute(program, inputs, out)
        if failed is None:
            return out
        others |= {program.questions[failed - program.limits]}


def folded(values, unit=32768, phase=0):
    """The state of given results."""
    program = program_of(lambda _, x: x, 1)
    return machine.fold(program, (values,), unit, phase)


def same(a, b):
    """Whether two arrays have the same numbers; nan equals nan."""
    return bool(np.array_equal(a, b, equal_nan=True))
