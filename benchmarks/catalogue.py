"""Nanoseconds a number of every loss beside torch.nn.functional's, where torch has it.

Ours is `losscli.evaluate` of arrays in memory: the exact mean, its standard error, the least and
the largest row, and a look at every number; torch's is the eager mean of the same arrays, which
looks at none. Both have all threads and float64. The two take turns, and medians of the turns are
compared. A ratio above the bar of 1.5 is marked.

    python benchmarks/catalogue.py [--numbers 1e7] [--turns 5] [--only mse,huber]
"""

import argparse
import statistics
import time

import numpy as np
import torch

import losscli
from losscli.benchmark.measure import settle_heap
from losscli.benchmark.workloads import losses_of, workload_of
from losscli.checks.inputs import Draw
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import parse
from losscli.losses.registry import every
from losscli.machine import cores

BAR = 1.5


def main():
    """Print a Markdown table, a line a loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=float, default=1e7)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(cores())
    settle_heap()
    print(f"NumPy {np.__version__}, torch {torch.__version__}, {cores()} threads, float64\n")
    print("| loss | predictions | losscli ns | torch ns | ratio | |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    wanted = arguments.only.split(",") if arguments.only else [loss.name for loss in every()]
    slow = [name for name in wanted if measured(name, arguments)]
    print(f"\n{len(slow)} above {BAR}: {', '.join(slow) or 'none'}")


def measured(name, arguments):
    """Print the line of a loss; whether it is above the bar."""
    (bound,) = losses_of([name], None)
    workload = workload_of(bound, str(int(arguments.numbers)), 0)
    setting = Setting("cpu", "float64", cores())
    arrays = Draw(workload, np.float64, 0).all()
    calls = [lambda: losscli.evaluate(*arrays, loss=name)]
    try:
        runner = parse("torch").prepare(workload, setting)
        tensors = tuple(map(torch.from_numpy, arrays))
        calls.append(lambda: runner.forward(*tensors))
    except UnsupportedError:
        pass
    medians = [1e9 * seconds / arrays[0].size for seconds in turns(calls, arguments.turns)]
    shape = "x".join(map(str, arrays[0].shape))
    theirs, ratio = "", ""
    above = len(medians) > 1 and medians[0] > BAR * medians[1]
    if len(medians) > 1:
        theirs, ratio = f"{medians[1]:.2f}", f"{medians[0] / medians[1]:.2f}"
    mark = "above the bar" if above else "" if theirs else "torch has none"
    print(f"| {name} | {shape} | {medians[0]:.2f} | {theirs} | {ratio} | {mark} |", flush=True)
    return above


def turns(calls, count):
    """The median seconds of each call, after one that warms up; A B, then B A."""
    times = [[] for _ in calls]
    for call in calls:
        call()
    for turn in range(count):
        order = list(enumerate(calls))
        for at, call in order if turn % 2 else reversed(order):
            start = time.perf_counter()
            call()
            times[at].append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


if __name__ == "__main__":
    main()
