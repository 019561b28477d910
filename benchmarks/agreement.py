"""Times of `losscli bench` over those of torch.utils.benchmark, for the same calls in one process.

The two take turns, several times over; a ratio of 1 is agreement.

    python benchmarks/agreement.py [--threads 1] [--turns 5] [--seconds 2]
"""

import argparse
import statistics

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
import torch.utils.benchmark as torch_benchmark

from losscli import bench

CASES = {
    "mse": ("1000000", F.mse_loss),
    "smooth_l1": ("1000000", F.smooth_l1_loss),
    "mae": ("4194304", F.l1_loss),
    "cross_entropy": ("1024x1024", F.cross_entropy),
}


def inputs(size):
    """Predictions and targets of a size."""
    shape = tuple(map(int, size.split("x")))
    pred = torch.randn(shape)
    return pred, torch.randint(0, shape[1], shape[:1]) if len(shape) > 1 else torch.randn(shape)


def theirs(function, pred, target, both, arguments):
    """The median of torch's own timer."""

    def forward():
        with torch.no_grad():
            return function(pred, target)

    def backward():
        leaf = pred.detach().requires_grad_()
        mean = function(leaf, target)
        return mean.detach(), torch.autograd.grad(mean, leaf)

    call = {"call": backward if both else forward}
    timer = torch_benchmark.Timer("call()", globals=call, num_threads=arguments.threads)
    return timer.blocked_autorange(min_run_time=arguments.seconds).median


def ours(loss, size, arguments):
    """The medians of both passes of `losscli bench`."""
    result = bench(
        loss=loss,
        impl="torch",
        size=size,
        time=3 * arguments.seconds,
        threads=arguments.threads,
        memory=False,
        resolve=0.001,
    )
    return [row.times.median for row in result.rows]


def main():
    """Print a line a case and pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{'case':34}{'ratio':>8}{'least':>8}{'most':>8}{'losscli us':>12}{'torch us':>10}")
    for loss, (size, function) in CASES.items():
        pairs = {False: [], True: []}
        pred, target = inputs(size)
        for _ in range(arguments.turns):
            medians = ours(loss, size, arguments)
            for both, mine in zip((False, True), medians, strict=True):
                pairs[both].append((mine, theirs(function, pred, target, both, arguments)))
        for both, found in pairs.items():
            ratios = sorted(mine / other for mine, other in found)
            name = f"{loss} {size} {'both' if both else 'forward'}"
            mine, other = (1e6 * statistics.median(side) for side in zip(*found, strict=True))
            print(
                f"{name:34}{statistics.median(ratios):8.3f}{ratios[0]:8.3f}{ratios[-1]:8.3f}"
                f"{mine:12.1f}{other:10.1f}"
            )


if __name__ == "__main__":
    main()
