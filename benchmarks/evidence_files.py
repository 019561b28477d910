"""Whole processes with error bars, groups, worst rows or two models, beside a plain `losscli eval`.

    python benchmarks/evidence_files.py [--runs 7] [--only cluster] [--scale 1.0]

Measured as in evaluation.py: pairs in turn, the median of their ratios, the bar next to it. The
rows of memory hold four times the rows against the same with fewer.
"""

from pathlib import Path

import numpy as np
from evaluation import LOSSCLI, Row, main


def command(suffix: str, *more: str) -> list[str]:
    """The arguments of an evaluation of the files with a suffix."""
    return ["eval", f"p{suffix}.npy", f"t{suffix}.npy", "-l", "mse", *more]


def rows() -> list[Row]:
    """Every bar, by name."""
    plain = [*LOSSCLI, *command("")]
    comparison = ["compare", "p.npy", "q.npy", "t.npy", "-l", "mse"]
    flags = {
        "top 100": ("1.2", ["--top", "100"]),
        "by 1,000": ("2.0", ["--by", "./g{}.npy"]),
        "cluster": ("3.0", ["--cluster", "./c{}.npy"]),
        "distribution": ("", ["--distribution"]),
    }
    found = [Row("compare", "1.6", comparison, plain)]
    for name, (bar, given) in flags.items():
        own, large = ([text.format(suffix) for text in given] for suffix in ("", "4"))
        found.append(Row(name, bar, command("", *own), plain))
        if name != "cluster":  # its clusters are kept
            once = [*LOSSCLI, *command("", *own)]
            found.append(Row(f"{name} mem", "1.1", command("4", *large), once, memory=True))
    return found


def make_files(folder: Path, scale: float) -> None:
    """Make the inputs, where they are not there yet."""
    if (folder / "done").exists():
        return
    random = np.random.default_rng(0)
    for suffix, count in (("", int(10e6 * scale)), ("4", int(40e6 * scale))):
        for name in "ptq":
            np.save(folder / f"{name}{suffix}.npy", random.standard_normal(count, np.float32))
        np.save(folder / f"g{suffix}.npy", random.integers(0, 1000, count))
        np.save(folder / f"c{suffix}.npy", np.sort(random.integers(0, count // 10, count)))
    (folder / "done").touch()


if __name__ == "__main__":
    main(rows, make_files)
