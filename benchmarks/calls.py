"""Calls of `losscli.evaluate` from Python beside eager torch, from a thousand numbers on.

Inputs are float32 arrays in memory. Ours is the exact mean with its statistics; torch's is the mean
of torch.nn.functional, or the plain expression in eager.py, with its default threads. Both take
turns, and the ratio is that of the fastest turns: a busy machine disturbs these least. The bar of
each row stands beside its ratio, and `above` marks a ratio above it. The last rows are the
bandwidth of an mse of 25 million numbers as a share of that of a plain read of the same bytes.

    python benchmarks/calls.py [--turns 15] [--only mse]
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from eager import EXPRESSIONS
from torch.nn import functional as F  # noqa: N812 - everybody's name for it

import losscli
from losscli.backends.machine import cores

CHEAP = ("mse", "mae", "smooth_l1", "huber", "hinge")
BARS = {1_000: 1.5, 100_000: 2.5, 1_000_000: 3.0, 10_000_000: 0.3}
BINARY = {
    "bce": {100_000: 0.7, 1_000_000: 0.7, 10_000_000: 0.7},
    "bce_with_logits": {1_000_000: 2.0, 10_000_000: 0.7},
}
TORCH = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "smooth_l1": F.smooth_l1_loss,
    "huber": F.huber_loss,
    "hinge": EXPRESSIONS["hinge"],
    "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "cross_entropy": F.cross_entropy,
}
BANDWIDTH = 25_000_000
# Before each turn: torch's threads go on to spin for some milliseconds after a call, on cores that
# the next one would use.
PAUSE_S = 0.05


def main():
    """Print a Markdown table, a line a call."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--only", default="", help="the rows whose name begins so")
    arguments = parser.parse_args()
    print(f"NumPy {np.__version__}, torch {torch.__version__}, {cores()} cores, float32\n")
    print("| loss | predictions | losscli us | torch us | ratio | bar | |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for name, arrays, bar in rows():
        if name.startswith(arguments.only):
            ratio_of(name, arrays, bar, arguments.turns)
    if "mse".startswith(arguments.only):
        for dtype, bar in ((np.float64, 0.8), (np.float32, 0.5)):
            share_of_bandwidth(dtype, bar, arguments.turns)


def rows():
    """The name of a loss, its inputs, and the bar of its ratio."""
    random = np.random.default_rng(0)
    for size, bar in BARS.items():
        for name in CHEAP:
            pred, target = random.normal(size=(2, size)).astype(np.float32)
            yield name, (pred, np.float32(target > 0) if name == "hinge" else target), bar
    for name, bars in BINARY.items():
        for size, bar in bars.items():
            pred = random.normal(size=size).astype(np.float32)
            pred = np.float32(1 / (1 + np.exp(-pred))) if name == "bce" else pred
            yield name, (pred, np.float32(random.random(size) < 0.5)), bar
    for shape in ((10_000, 100), (4096, 1024)):
        labels = random.integers(0, shape[1], shape[0])
        yield "cross_entropy", (random.normal(size=shape).astype(np.float32), labels), 2.0


def ratio_of(name, arrays, bar, turns):
    """Print the line of a call."""
    tensors = tuple(map(torch.from_numpy, arrays))
    expression = TORCH[name]
    ours, theirs = fastest(
        [lambda: losscli.evaluate(*arrays, loss=name), lambda: expression(*tensors).item()], turns
    )
    shape = "x".join(f"{length:_}" for length in arrays[0].shape)
    mark = "above" if ours / theirs > bar else ""
    cells = [name, shape, f"{1e6 * ours:.0f}", f"{1e6 * theirs:.0f}", f"{ours / theirs:.2f}"]
    print(f"| {' | '.join([*cells, str(bar), mark])} |", flush=True)


def share_of_bandwidth(dtype, bar, turns):
    """Print the line of an mse beside a plain read of its bytes by all threads."""
    pred, target = np.random.default_rng(0).normal(size=(2, BANDWIDTH)).astype(dtype)
    words = [part for x in (pred, target) for part in np.array_split(x.view(np.int64), cores())]
    with ThreadPoolExecutor(cores()) as pool:

        def read():
            list(pool.map(np.bitwise_or.reduce, words))

        ours, plain = fastest([lambda: losscli.evaluate(pred, target, loss="mse"), read], turns)
    share, name = plain / ours, np.dtype(dtype).name
    cells = [f"mse, {name}", f"{BANDWIDTH:_}", f"{1e6 * ours:.0f}", f"{1e6 * plain:.0f} (a read)"]
    mark = "below" if share < bar else ""
    print(f"| {' | '.join([*cells, f'{share:.0%}', f'{bar:.0%}', mark])} |", flush=True)


def fastest(calls, turns):
    """The seconds of the fastest turn of each; a turn of a short call repeats it."""
    best = [float("inf")] * len(calls)
    counts = []
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        counts.append(max(1, min(200, int(0.01 / (time.perf_counter() - start)))))
    for _ in range(turns):
        for at, (call, count) in enumerate(zip(calls, counts, strict=True)):
            time.sleep(PAUSE_S)
            start = time.perf_counter()
            for _ in range(count):
                call()
            best[at] = min(best[at], (time.perf_counter() - start) / count)
    return best


if __name__ == "__main__":
    main()
