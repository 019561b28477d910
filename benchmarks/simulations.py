"""How often the intervals and verdicts of `losscli bench` are right, on times made by a formula.

    python benchmarks/simulations.py [--runs 2000] [--only coverage]

It prints the tables of docs/statistics.md. Nothing is measured, so they come out alike everywhere.
The tests hold the same functions to their bounds with fewer runs.
"""

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from losscli.benchmark.rounds import looks, settled
from losscli.stats.decisions import Verdict, holm, log_margin, three_way
from losscli.stats.order_statistics import bimodal, median_interval
from losscli.stats.signed_rank import p_above, p_at_most, ratio_interval

Floats = NDArray[np.float64]
Random = np.random.Generator
SPIKE, SPIKES = 0.5, 0.03  # how much longer, and how often
NOISE = 0.01
MOST = 120  # rounds of a run that never settles


def normal(random: Random, n: int) -> Floats:
    """Times of 1 with 1 % noise."""
    return 1.0 + NOISE * random.standard_normal(n)


def lognormal(random: Random, n: int) -> Floats:
    """Times with a tail: log-normal, with 3 % noise."""
    return np.exp(0.03 * random.standard_normal(n))


def skewed(random: Random, n: int) -> Floats:
    """Times that are never under 1, with an exponential tail of 2 %, and spikes."""
    return (1.0 + 0.02 * random.exponential(size=n)) * spikes(random, n)


def spiky(random: Random, n: int) -> Floats:
    """Times with 1 % noise, and spikes."""
    return normal(random, n) * spikes(random, n)


def spikes(random: Random, n: int) -> Floats:
    """1, and 1.5 in 3 % of the places."""
    return 1.0 + SPIKE * (random.random(n) < SPIKES)


TIMES: dict[str, Callable[[Random, int], Floats]] = {
    "normal": normal,
    "log-normal": lognormal,
    "skewed, spikes": skewed,
}


def generator(seed: int, n: int, name: str) -> Random:
    """A generator of its own for every cell of a table, so that their errors are independent."""
    return np.random.default_rng([seed, n, *name.encode()])


def true_median(name: str) -> float:
    """The median of the times of that name."""
    if name != "skewed, spikes":
        return 1.0

    def below(m: float) -> float:
        whole = (1.0 - math.exp(-(x - 1.0) / 0.02) if x > 1.0 else 0.0 for x in (m, m / 1.5))
        return (1.0 - SPIKES) * next(whole) + SPIKES * next(whole)

    low, high = 1.0, 2.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if below(middle) < 0.5 else (low, middle)
    return low


def alike(random: Random, n: int, correlation: float) -> Floats:
    """Log-ratios of spiky times whose neighbours correlate (an autoregression of order 1)."""
    steps = NOISE * random.standard_normal(n)
    for i in range(1, n):
        own = math.sqrt(1.0 - correlation**2) * steps[i]
        steps[i] = correlation * steps[i - 1] + own
    return steps + np.log(spikes(random, n) / spikes(random, n))


def covers_median(name: str, n: int, runs: int, seed: int = 1) -> float:
    """The share of runs whose interval of the median of n times holds it."""
    random, truth = generator(seed, n, name), true_median(name)
    ends = (median_interval(TIMES[name](random, n)) for _ in range(runs))
    return sum(low <= truth <= high for low, high in ends) / runs


def covers_ratio(name: str, n: int, runs: int, correlation: float = 0.0, seed: int = 2) -> float:
    """The share of runs whose interval of n log-ratios of equal sides holds 0."""
    random = generator(seed, n, name)
    hits = 0
    for _ in range(runs):
        if correlation:
            x = alike(random, n, correlation)
        else:
            x = np.log(TIMES[name](random, n) / TIMES[name](random, n))
        _, low, high = ratio_interval(x)
        hits += low <= 0.0 <= high
    return hits / runs


def widths(times: Callable[[Random, int], Floats], n: int, runs: int) -> tuple[float, float]:
    """The typical half-widths of the intervals of n log-ratios: of their median, of their ratio."""
    random = np.random.default_rng([9, n])
    ends = []
    for _ in range(runs):
        x = np.log(times(random, n) / times(random, n))
        ends.append((*median_interval(x), *ratio_interval(x)[1:]))
    of_median, _, of_ratio = np.median(np.diff(ends), axis=0)
    return 0.5 * float(of_median), 0.5 * float(of_ratio)


def rounds_until(log_ratios: Floats, resolve: float) -> int:
    """The count of rounds at which the stopping rule stops, or all of them."""
    stops = (n for n in looks(log_ratios.size) if settled([log_ratios[:n]], resolve))
    return next(stops, int(log_ratios.size))


def covers_stopped(name: str, resolve: float, runs: int, seed: int = 3) -> tuple[float, float, int]:
    """With the stopping rule: the shares held of ratio and of median, and the typical rounds."""
    random, truth = generator(seed, round(1000 * resolve), name), true_median(name)
    ratios, medians, counts = 0, 0, []
    for _ in range(runs):
        first, second = TIMES[name](random, MOST), TIMES[name](random, MOST)
        x = np.log(second / first)
        n = rounds_until(x, resolve)
        _, low, high = ratio_interval(x[:n])
        ratios += low <= 0.0 <= high
        low, high = median_interval(first[:n])
        medians += low <= truth <= high
        counts.append(n)
    return ratios / runs, medians / runs, int(np.median(counts))


def covers_stopped_alike(correlation: float, resolve: float, runs: int) -> tuple[float, int]:
    """With the stopping rule and neighbours that correlate: the share of ratios, and the rounds."""
    random = np.random.default_rng([8, round(1000 * resolve), round(100 * correlation)])
    hits, counts = 0, []
    for _ in range(runs):
        x = alike(random, MOST, correlation)
        n = rounds_until(x, resolve)
        _, low, high = ratio_interval(x[:n])
        hits += low <= 0.0 <= high
        counts.append(n)
    return hits / runs, int(np.median(counts))


def run_of(random: Random, n: int, slower: float, between: float) -> tuple[Floats, Floats]:
    """The times of A and B in n rounds, A B and B A in turn, where B takes `slower` longer.

    The machine slows down by 5 % over the run, and the whole run by a factor of its own, which
    both sides share, log-normal with the deviation `between`.
    """
    slots = np.arange(2 * n).reshape(n, 2)
    slots[1::2] = slots[1::2, ::-1]
    drift = 1.0 + 0.05 * slots / (2 * n)
    run = math.exp(between * random.standard_normal())
    first, second = spiky(random, n), spiky(random, n)
    return run * drift[:, 0] * first, run * drift[:, 1] * second * (1.0 + slower)


def paired(
    slower: float, between: float, runs: int, resolve: float = 0.01, margin: float = 0.01
) -> Counter[str]:
    """The verdicts of runs of the bench, each stopped where its ratio is known to `resolve`."""
    random = np.random.default_rng([4, round(1000 * between)])
    verdicts: Counter[str] = Counter()
    for _ in range(runs):
        first, second = run_of(random, MOST, slower, between)
        x = np.log(second / first)
        _, low, high = ratio_interval(x[: rounds_until(x, resolve)])
        verdicts[three_way(low, high, margin)] += 1
    return verdicts


def two_runs(
    slower: float, between: float, left: float, runs: int, margin: float = 0.05
) -> dict[str, Counter[str]]:
    """The verdicts on code that got slower between two runs of 30 rounds with a reference each.

    "raw" compares its times in the one run with those in the other, "anchored" its ratios to the
    reference. `left` is the deviation of what a run does to the code and not to the reference.
    """
    random = np.random.default_rng([5, round(1000 * between), round(1000 * left)])
    verdicts: dict[str, Counter[str]] = {"raw": Counter(), "anchored": Counter()}
    for _ in range(runs):
        old_reference, old = run_of(random, 30, 0.0, between)
        reference, new = run_of(random, 30, slower, between)
        own = left * random.standard_normal()
        raw = np.log(new / old) + own
        for name, x in (("raw", raw), ("anchored", raw - np.log(reference / old_reference))):
            _, low, high = ratio_interval(x)
            verdicts[name][three_way(low, high, margin)] += 1
    return verdicts


def three_way_rows(
    above: Sequence[float], at_most: Sequence[float], level: float = 0.95
) -> list[Verdict]:
    """Return the verdict of each row of a table; all are true together with probability `level`.

    above, at_most: the one-sided p-values of "above the margin" and "at or below it"
    (`signed_rank.p_above` and `p_at_most` at `log_margin(margin)`), one of each for each row. Each
    of the two lists is adjusted by `holm`, and a claim is made if its adjusted p-value is at most
    (1 - level) / 2, since either list may contain a false claim. A single row gets the verdict of
    `three_way` for its interval at that level. NaN is undecided.

    Raises ValueError if the lists differ in length.
    """
    tail = 0.5 * (1.0 - level)
    verdicts: list[Verdict] = []
    for up, down in zip(holm(above), holm(at_most), strict=True):
        if up <= tail:
            verdicts.append("slower")
        else:
            verdicts.append("not slower" if down <= tail else "undecided")
    return verdicts


def false_tables(rows: int, n: int, runs: int) -> tuple[float, float]:
    """The share of tables with a false "slower", adjusted and not.

    Each of the rows has n rounds, and takes longer by the margin itself: the hardest truth.
    """
    random = np.random.default_rng([7, rows, n])
    adjusted, alone = 0, 0
    bound = log_margin(0.05)
    for _ in range(runs):
        ratios = [bound + np.log(spiky(random, n) / spiky(random, n)) for _ in range(rows)]
        above = [p_above(x, bound) for x in ratios]
        at_most = [p_at_most(x, bound) for x in ratios]
        adjusted += "slower" in three_way_rows(above, at_most)
        alone += any(p <= 0.025 for p in above)
    return adjusted / runs, alone / runs


def called_bimodal(
    n: int, share: float, runs: int, apart: float = 0.1, drawn: bool = False, tail: bool = False
) -> float:
    """The share of runs called bimodal, where `share` of n spiky times are `apart` slower.

    `drawn` leaves the count of the slower ones to chance; `tail` takes the skewed times.
    """
    random = np.random.default_rng([6, n])
    called = 0
    for _ in range(runs):
        slow = random.random(n) < share if drawn else np.arange(n) < round(share * n)
        times = skewed(random, n) if tail else spiky(random, n)
        called += bimodal(times * (1.0 + apart * slow))
    return called / runs


def percent(share: float) -> str:
    """A share in percent, to a tenth."""
    return f"{100.0 * share:.1f}"


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a table of Markdown."""
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


COUNTS = [6, 7, 8, 10, 12, 16, 20, 30, 50, 100, 200]


def coverage(runs: int) -> None:
    """Print the shares of intervals that hold the truth, at fixed counts."""
    error = 1.96 * math.sqrt(0.95 * 0.05 / runs)
    print(f"### Coverage at 95 %, fixed n ({runs} runs, ±{percent(error)})\n")
    rows = []
    for name in TIMES:
        rows.append([name, "median", *(percent(covers_median(name, n, runs)) for n in COUNTS)])
        rows.append([name, "ratio", *(percent(covers_ratio(name, n, runs)) for n in COUNTS)])
    for r in (0.2, 0.4):
        shares = (percent(covers_ratio("", n, runs, r)) for n in COUNTS)
        rows.append([f"spikes, lag-1 correlation {r}", "ratio", *shares])
    table(["times", "of", *(f"n = {n}" for n in COUNTS)], rows)


def narrow(runs: int) -> None:
    """Print how wide the two candidates for the interval of a ratio are."""
    print(f"### Typical half-width of the two candidates, in percent ({runs} runs)\n")
    rows = []
    for times in (normal, spiky, skewed):
        pairs = [widths(times, n, runs) for n in COUNTS]
        name = {normal: "normal", spiky: "normal, spikes", skewed: "skewed, spikes"}[times]
        for i, of in enumerate(("median of the ratios", "Hodges-Lehmann")):
            rows.append([name, of, *(f"{100.0 * pair[i]:.2f}" for pair in pairs)])
    table(["times", "of", *(f"n = {n}" for n in COUNTS)], rows)


def stopped(runs: int) -> None:
    """Print the shares of intervals that hold the truth, with the stopping rule."""
    print(f"### Coverage at 95 %, stopped by the rule ({runs} runs)\n")
    rows = []
    for name in TIMES:
        for resolve in (0.005, 0.01, 0.02):
            ratio, median, n = covers_stopped(name, resolve, runs)
            row = [name, f"{100 * resolve:g} %", percent(ratio), percent(median), str(n)]
            rows.append(row)
    for r in (0.2, 0.4):
        for resolve in (0.005, 0.01, 0.02):
            ratio, n = covers_stopped_alike(r, resolve, runs)
            name = f"spikes, lag-1 correlation {r}"
            rows.append([name, f"{100 * resolve:g} %", percent(ratio), "", str(n)])
    table(["times", "resolve", "ratio", "median", "rounds, typical"], rows)


def verdicts_of(counts: Counter[str], runs: int) -> Iterator[str]:
    """The shares of slower, not slower and undecided."""
    return (percent(counts[name] / runs) for name in ("slower", "not slower", "undecided"))


def rules(runs: int) -> None:
    """Print what the paired rule says, in one run and across two."""
    print(f"### One run, A and B interleaved, margin 1 % ({runs} runs)\n")
    rows = [
        [
            *(f"{100 * resolve:g} %", f"{100 * b:g} %", f"+{100 * s:g} %"),
            *verdicts_of(paired(s, b, runs, resolve), runs),
        ]
        for resolve in (0.01, 0.005)
        for b in (0.0, 0.01, 0.03)
        for s in (0.0, 0.02, 0.05)
    ]
    table(["resolve", "between runs", "truth", "slower", "not slower", "undecided"], rows)
    print(f"### Two runs of 30 rounds, margin 5 % ({runs} runs)\n")
    rows = []
    for b, left in ((0.0, 0.0), (0.01, 0.003), (0.03, 0.003), (0.1, 0.003), (0.03, 0.01)):
        for s in (0.0, 0.05, 0.1):
            both = two_runs(s, b, left, runs)
            shares = [*verdicts_of(both["raw"], runs), *verdicts_of(both["anchored"], runs)]
            rows.append([f"{100 * b:g} %", f"{100 * left:g} %", f"+{100 * s:g} %", *shares])
    sides = [f"{side}: {v}" for side in ("raw", "anchored") for v in ("slower", "not", "undecided")]
    table(["shared by a run", "not shared", "truth", *sides], rows)


def families(runs: int) -> None:
    """Print how often a table of rows holds a false claim."""
    print(f"### Tables with a false 'slower', every row at the margin ({runs} tables)\n")
    rows = []
    for count in (1, 5, 20):
        adjusted, alone = false_tables(count, 24, runs)
        rows.append([str(count), percent(alone), percent(adjusted)])
    table(["rows", "each judged alone", "adjusted (Holm)"], rows)


def modes(runs: int) -> None:
    """Print how often times are called bimodal."""
    print(f"### Called bimodal, with 3 % spikes ({runs} runs)\n")
    counts = [20, 25, 30, 50, 100, 200]
    cases: dict[str, Callable[[int], float]] = {
        "one mode, 1 % noise": lambda n: called_bimodal(n, 0.0, runs),
        "one mode, exponential tail": lambda n: called_bimodal(n, 0.0, runs, tail=True),
        "20 % slower by 10 %": lambda n: called_bimodal(n, 0.2, runs),
        "20 % faster by 10 %": lambda n: called_bimodal(n, 0.8, runs),
        "50 % slower by 10 %": lambda n: called_bimodal(n, 0.5, runs),
        "each slower with a chance of 20 %": lambda n: called_bimodal(n, 0.2, runs, drawn=True),
    }
    rows = [[name, *(percent(share(n)) for n in counts)] for name, share in cases.items()]
    table(["times", *(f"n = {n}" for n in counts)], rows)


def main() -> None:
    """Print the tables."""
    parts = {
        "coverage": coverage,
        "narrow": narrow,
        "stopped": stopped,
        "rules": rules,
        "families": families,
        "modes": modes,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--only", choices=list(parts))
    options = parser.parse_args()
    for name, part in parts.items():
        if options.only in (None, name):
            part(options.runs)


if __name__ == "__main__":
    main()
