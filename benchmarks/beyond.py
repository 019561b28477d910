"""The costs of parts and tasks, and from them the time of evaluations beyond this machine.

Measured here: a task on a cluster of two workers, an evaluation of 2 x 50 million numbers there
beside two threads, the memory of the client, merges of 1,000 parts, the bytes of the state of a
part, and the time that the client takes to merge one. Simulated with these numbers: workers that
read files from a store, some of them slow, some of them failing, and one client that merges.
docs/distributed.md has the tables.

    python benchmarks/beyond.py [--tasks 1000] [--parts 2000]
"""

import argparse
import heapq
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import psutil

import losscli
from losscli.commands import distributed
from losscli.commands.evaluate import run_evaluation
from losscli.commands.parts import run_part
from losscli.commands.worker import evaluate_part, part_of
from losscli.evaluation.part import evaluation_of_parts
from losscli.losses.spec.binding import bind
from losscli.plans.evaluate import EvalCommand, EvalPlan
from losscli.version import __version__

NUMBER_BYTES = 8  # a prediction and a target in float32
STORE_BYTES_S = 0.2e9  # that a worker reads from an object store
SLOW = 0.02  # the share of tasks that take `SLOWNESS` times as long
SLOWNESS = 5.0
FAILING = 0.001  # the share of tasks whose worker dies: they are done again after `LOST_S`
LOST_S = 30.0
VOLUMES = (1e12, 1e14)
WORKERS = (10, 100, 1000)


def main():
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--parts", type=int, default=2000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_files()
        task_s, (on_cluster_s, in_threads_s), memory = costs_of_a_cluster(asked.tasks)
        print("| measured | |\n| --- | ---: |")
        print(f"| a task, two workers, without its rows | {1e3 * task_s:.1f} ms |")
        words = f"{1e3 * on_cluster_s:.0f} ms, by two threads {1e3 * in_threads_s:.0f} ms"
        print(f"| 2 x 50 million float32 by two workers | {words} |")
        words = f"{memory[0]:.0f} MiB after a tenth, {memory[1]:.0f} MiB at the end"
        print(f"| memory of the client in {10 * asked.tasks:,} tasks | {words} |")
        for name, flags in MERGED.items():
            seconds, most = costs_of_merging(flags)
            print(f"| `losscli merge`, 1,000 parts, {name} | {seconds:.1f} s, {most:.0f} MiB |")
        merge_s = 0.0
        for name, flags in STATES.items():
            size, seconds = cost_of_a_state(flags, asked.parts)
            merge_s = merge_s or seconds
            words = f"{size:,} bytes, merged in {1e3 * seconds:.2f} ms"
            print(f"| the state of a part, {name} | {words} |")
    heads = (
        "bytes",
        "workers",
        "tasks",
        "reading alone",
        "with slow and failing tasks",
        "client busy",
    )
    print(f"\n| {' | '.join(heads)} |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for volume in VOLUMES:
        for workers in WORKERS:
            print(row(volume, workers, merge_s + task_s))


ARRAYS = {"preds": "preds.npy", "targets": "targets.npy", "loss": "mse"}
STATES = {
    "one loss": ARRAYS,
    "ten losses": ARRAYS
    | {"loss": "mse,mae,smooth_l1,huber,log_cosh,pseudo_huber,charbonnier,cauchy,welsch,tukey"},
    "1,000 groups": ARRAYS | {"by": "groups.npy"},
    "10,000 clusters": ARRAYS | {"cluster": "clusters.npy"},
}
ROWS = 1_000_000
MERGED = {
    "ten losses": STATES["ten losses"],
    "1,000,000 clusters in all": ARRAYS | {"cluster": "rows.npy"},
}


def write_files():
    """Write predictions and targets, and the keys of groups and clusters."""
    rng = np.random.default_rng(0)
    for name in ("preds", "targets"):
        np.save(f"{name}.npy", rng.normal(size=ROWS).astype(np.float32))
    np.save("groups.npy", rng.integers(0, 1000, ROWS))
    np.save("clusters.npy", rng.integers(0, 10_000, ROWS))
    np.save("rows.npy", np.arange(ROWS))


def costs_of_a_cluster(tasks):
    """The seconds that a task costs apart from its rows, and those of a large evaluation."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        engine = f"dask:{cluster.scheduler_address}"
        many = costs_of_many_rows(engine)
        return cost_of_a_task(tasks, engine), many, memory_of_a_client(10 * tasks, engine)


def cost_of_a_task(tasks, engine):
    """The seconds of a task without its rows: those of many tasks less those of few."""
    seconds, usual = {}, distributed._NUMBERS
    for count in (2, tasks):
        distributed._NUMBERS = -(-ROWS // count)
        seconds[count] = min(seconds_of(lambda: losscli.evaluate(**ARRAYS, engine=engine), 3))
    distributed._NUMBERS = usual
    return (seconds[tasks] - seconds[2]) / (tasks - 2)


def costs_of_many_rows(engine, rows=50_000_000, turns=9):
    """The seconds of an evaluation on a cluster, and in two threads; medians, in turns."""
    rng = np.random.default_rng(0)
    for name in ("many_preds", "many_targets"):
        np.save(f"{name}.npy", rng.normal(size=rows).astype(np.float32))
    many = ARRAYS | {"preds": "many_preds.npy", "targets": "many_targets.npy"}
    ways = ({"engine": engine}, {"threads": 2})
    found = [[], []]
    for _ in range(turns):
        for way, seconds in zip(ways, found, strict=True):
            seconds += seconds_of(lambda way=way: losscli.evaluate(**many, **way), 1)
    return [statistics.median(seconds) for seconds in found]


def memory_of_a_client(tasks, engine):
    """The MiB of this process after a tenth of many tasks, and after all."""
    seen, usual = [], distributed._NUMBERS
    distributed._NUMBERS = -(-ROWS // tasks)
    run_evaluation(
        EvalPlan(**ARRAYS, engine=engine), lambda _: seen.append(psutil.Process().memory_info().rss)
    )
    distributed._NUMBERS = usual
    return seen[len(seen) // 10] / 2**20, seen[-1] / 2**20


def costs_of_merging(flags, count=1000):
    """The seconds of `losscli merge` of parts, and the MiB that it takes."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for number in range(1, count + 1):
            path = f"{folder}/{number}.json"
            run_part(EvalCommand(**flags, shard=f"{number}/{count}", output=[path]))
        script = (
            f"import losscli; losscli.merge({folder!r}); lines = open('/proc/self/status');"
            "print(next(line for line in lines if line.startswith('VmHWM')).split()[1])"
        )
        start = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        return time.perf_counter() - start, int(run.stdout) / 1024


def seconds_of(work, turns):
    """The seconds of each of some calls."""
    found = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def cost_of_a_state(flags, parts):
    """The bytes of the state of a part, and the seconds to merge one, in the median of three."""
    answer = evaluate_part(flags, 1, 10, {}, __version__, False)
    losses = bind(flags["loss"], losscli.evaluate)
    parts = parts if len(answer) < 1 << 16 else 20
    turns = seconds_of(
        lambda: evaluation_of_parts(
            (part_of(answer) for _ in range(parts)), losses, reduction="mean", ci=0.95, like=None
        ),
        3,
    )
    return len(answer), statistics.median(turns) / parts


def row(volume, workers, client_s):
    """The line of a volume: simulated seconds, and the share of them in which the client works."""
    tasks = distributed.parts_of(int(volume / NUMBER_BYTES), workers)
    plain = volume / (workers * STORE_BYTES_S)
    done = simulated(tasks, volume / tasks, workers, client_s)
    minutes = [f"{seconds / 60:,.1f} min" for seconds in (plain, done)]
    cells = [f"{volume / 1e12:.0f} TB", f"{workers:,}", f"{tasks:,}", *minutes]
    return f"| {' | '.join([*cells, f'{min(1.0, tasks * client_s / done):.0%}'])} |"


def simulated(tasks, size, workers, client_s):
    """The seconds until all tasks are merged: each worker takes the next task when it is free."""
    rng = np.random.default_rng(0)
    seconds = size / STORE_BYTES_S * np.where(rng.random(tasks) < SLOW, SLOWNESS, 1.0)
    seconds += np.where(rng.random(tasks) < FAILING, LOST_S, 0.0)
    free = [0.0] * workers
    ends = np.empty(tasks)
    for at, took in enumerate(seconds.tolist()):
        ends[at] = heapq.heapreplace(free, free[0] + took) + took
    # The client merges in row order: a state waits for those before it.
    client = 0.0
    for ready in np.maximum.accumulate(ends).tolist():
        client = max(client, ready) + client_s
    return client


if __name__ == "__main__":
    main()
