"""Nanoseconds a number of every loss beside eager torch.

Ours is `losscli.evaluate` of arrays in memory: the exact mean, its standard error, the least and
the largest row, and a look at every number. Torch's is the mean that torch.nn.functional or, where
that has no such loss, the plain expression in eager.py gives of the same arrays; it looks at none.
Both have all threads and float64, and take turns. The ratio is the median of the turns' ratios,
between the least and the most of them; beside it stands that of the fastest turns, which a busy
machine disturbs least. A ratio above the bar of 1.5 is marked.

A process gives temporaries of 32 MB and more back to the system and pays for faulting them in
again, which eager torch does much of, unless what ran before has left a hole in the heap that is
large enough. With --kept glibc keeps all that is freed, as jemalloc would: the harder race for us.

    python benchmarks/catalogue.py [NAMES] [--elements 10_000_000] [--width 10] [--turns 7]
        [--kept]
"""

import argparse
import math
import os
import statistics
import sys
import time

import numpy as np
import torch
from eager import EXPRESSIONS

import losscli
from losscli.backends.machine import cores
from losscli.backends.numpy import prime_heap
from losscli.benchmark.workloads import fits, losses_of, row_of, workload_of
from losscli.checks.generators import InputGenerator
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import parse
from losscli.losses.registry import all_losses

BAR = 1.5
# Read by glibc at the start of a process.
KEEPS = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}


def main():
    """Print a Markdown table, a line a loss."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="losses; all without any")
    parser.add_argument("--elements", type=int, default=10_000_000)
    parser.add_argument("--width", type=int, help="of rows of classes or vectors")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--kept", action="store_true", help="keep freed memory")
    arguments = parser.parse_args()
    if arguments.kept and "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEPS)
    torch.set_num_threads(cores())
    prime_heap()
    print(f"NumPy {np.__version__}, torch {torch.__version__}, {cores()} threads, float64\n")
    print("| loss | predictions | losscli ns | torch ns | ratio | least, most | fastest | |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |")
    names = arguments.names or [loss.name for loss in all_losses()]
    slow, unknown = [], []
    for name in names:
        try:
            slow += [name] if measured(name, arguments) else []
        except UnsupportedError:
            unknown.append(name)
    print(f"\n{len(slow)} above {BAR}: {', '.join(slow) or 'none'}")
    print(f"without an expression in eager.py: {', '.join(unknown) or 'none'}")


def measured(name, arguments):
    """Print the line of a loss; whether it is above the bar."""
    (bound,) = losses_of([name], None)
    workload = workload_of(bound, size_of(bound, arguments.elements, arguments.width), 0)
    arrays = InputGenerator(workload, np.float64, 0).all()
    ours, theirs = in_turns(
        lambda: losscli.evaluate(*arrays, loss=name), eager(name, workload, arrays), arguments.turns
    )
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    nanoseconds = [1e9 * statistics.median(taken) / arrays[0].size for taken in (ours, theirs)]
    cells = [
        name,
        "x".join(map(str, arrays[0].shape)),
        *(f"{ns:.2f}" for ns in nanoseconds),
        f"{ratio:.2f}",
        f"{min(ratios):.2f}, {max(ratios):.2f}",
        f"{min(ours) / min(theirs):.2f}",
        "above the bar" if ratio > BAR else "",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)
    return ratio > BAR


def size_of(bound, elements, width):
    """So many numbers, in rows of a width if they can have any."""
    if width is None or not fits(f"1x{width}", bound):
        return str(elements)
    return f"{max(1, elements // math.prod(row_of(bound, width)))}x{width}"


def eager(name, workload, arrays):
    """The call that gives torch's mean of the arrays."""
    tensors = tuple(map(torch.from_numpy, arrays))
    expression = EXPRESSIONS.get(name)
    if expression is None:
        runner = parse("torch").prepare(workload, Setting("cpu", "float64", cores()))
        return lambda: runner.forward(*tensors)

    def call():
        with torch.no_grad():
            expression(*tensors)

    return call


def in_turns(ours, theirs, count):
    """The seconds of both, a turn each in either order, after one that warms up."""
    times = ([], [])
    calls = tuple(zip((ours, theirs), times, strict=True))
    for call, _ in calls:
        call()
    for turn in range(count):
        for call, taken in calls if turn % 2 else reversed(calls):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
