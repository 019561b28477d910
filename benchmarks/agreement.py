"""Times of `losscli bench` over those of torch.utils.benchmark, for the same calls.

The two take turns, several times over, with fresh inputs for each turn. losscli calls in a process
of its own, as it does for users; with --in-process both call in one process on the same buffers. A
ratio of 1 is agreement.

    python benchmarks/agreement.py [--threads 1] [--turns 9] [--seconds 1] [--in-process]
"""

import argparse
import statistics
from contextlib import closing, nullcontext

import torch
import torch.utils.benchmark as torch_benchmark

from losscli.backends.numpy import prime_heap
from losscli.benchmark import clock as clocks
from losscli.benchmark.affinity import on_own_core
from losscli.benchmark.callers import LocalPlace
from losscli.benchmark.devices import open_device
from losscli.benchmark.isolation import WorkerPlace
from losscli.benchmark.rounds import Stop, TimedCall, run_rounds, warm_up
from losscli.benchmark.workloads import losses_of, workload_of
from losscli.checks.generators import InputGenerator
from losscli.checks.input_data import InputData
from losscli.implementations.implementation import Setting
from losscli.implementations.registry import parse

CASES = {"mse": "1e6", "smooth_l1": "1e6", "mae": "4194304", "cross_entropy": "1024x1024"}


def theirs(call, inputs, arguments):
    """The median of torch's own timer."""
    known = {"call": call, "inputs": inputs}
    timer = torch_benchmark.Timer("call(*inputs)", globals=known, num_threads=arguments.threads)
    return timer.blocked_autorange(min_run_time=arguments.seconds).median


def ours(caller, data, arguments):
    """The median of our rounds."""
    timed = TimedCall("torch", caller, 0.0)
    warm_up(timed)
    end = clocks.seconds() + arguments.seconds
    with on_own_core(arguments.threads) if not arguments.in_process else nullcontext():
        run_rounds([timed], data, Stop(end, end))
    if timed.failed:
        raise SystemExit(timed.fault)
    return statistics.median(timed.times)


def turns(loss, size, both, arguments):
    """Pairs of medians; who goes first changes from turn to turn."""
    (bound,) = losses_of([loss], None)
    workload = workload_of(bound, size, 0)
    setting = Setting("cpu", "float32", arguments.threads)
    implementation, device = parse("torch"), open_device("cpu", arguments.threads, None)
    runner = implementation.prepare(workload, setting)
    call = runner.both if both else runner.forward
    own = not arguments.in_process
    place = WorkerPlace(implementation, arguments.threads) if own else LocalPlace(implementation)
    with closing(place):
        runner = place.prepare(workload, setting) if own else runner
        yield from _turns(place, runner, call, (workload, setting, device), both, arguments)


def _turns(place, runner, call, known, both, arguments):
    workload, setting, device = known
    for turn in range(arguments.turns):
        draw = InputGenerator(workload, "float32", turn)
        data = InputData(workload, setting, draw.all(), draw)
        if turn % 2:
            other = theirs(call, data.inputs("torch"), arguments)
            yield ours(place.caller(runner, data, device, both=both), data, arguments), other
        else:
            mine = ours(place.caller(runner, data, device, both=both), data, arguments)
            yield mine, theirs(call, data.inputs("torch"), arguments)


def main():
    """Print a line a case and pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--in-process", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    prime_heap()
    print(f"{'case':34}{'ratio':>8}{'least':>8}{'most':>8}{'losscli us':>12}{'torch us':>10}")
    for loss, size in CASES.items():
        for both in (False, True):
            found = list(turns(loss, size, both, arguments))
            ratios = sorted(mine / other for mine, other in found)
            name = f"{loss} {size} {'both' if both else 'forward'}"
            mine, other = (1e6 * statistics.median(side) for side in zip(*found, strict=True))
            print(
                f"{name:34}{statistics.median(ratios):8.3f}{ratios[0]:8.3f}{ratios[-1]:8.3f}"
                f"{mine:12.1f}{other:10.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
