"""The sections of `losscli report`, against numbers that NumPy counts."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from losscli import compare, evaluate, report
from losscli.results.documents.bench import Benchmark
from losscli.results.documents.run import ConfigRecord, Run
from tests.render.kinds import benchmark


class Page(HTMLParser):
    """The headings of a page, its tables as texts of cells, and the shapes of its drawings."""

    def __init__(self, path="report.html"):
        super().__init__()
        self.text = Path(path).read_text(encoding="utf-8")
        self.headings, self.tables, self.shapes, self.titles, self.captions = [], [], [], [], []
        self._open = ""
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self._open = tag
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append(["", found.get("class") or ""])
        elif tag in ("rect", "circle", "path"):
            self.shapes.append((tag, found))
        elif tag in ("h1", "h2", "h3", "title", "figcaption"):
            target = {"title": self.titles, "figcaption": self.captions}.get(tag, self.headings)
            target.append("")

    def handle_data(self, data):
        if self._open in ("td", "th"):
            self.tables[-1][-1][-1][0] += data.strip()
        elif self._open in ("h1", "h2", "h3", "title", "figcaption"):
            target = {"title": self.titles, "figcaption": self.captions}.get(
                self._open, self.headings
            )
            target[-1] += data.strip()

    def shapes_of(self, tag, class_):
        """The attributes of the shapes of a class."""
        return [own for name, own in self.shapes if name == tag and own.get("class") == class_]

    def rows_under(self, *header):
        """The rows of the table whose header begins so."""
        for table in self.tables:
            if [cell[0] for cell in table[0][: len(header)]] == list(header):
                return [[cell[0] for cell in row] for row in table[1:]]
        raise AssertionError(header)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_the_distribution_is_drawn_with_its_quantiles(rng):
    """A bar a bin with its rows; marks at p50, p90, p99; the concentration in words."""
    pred, target = rng.normal(size=1000) ** 3, np.zeros(1000)
    found = evaluate(pred, target, loss="mae", distribution=True, output="r.html")
    page = Page("r.html")
    edges = found["mae"].distribution.edges
    counts = np.histogram(np.abs(pred), edges)[0]
    assert len(page.shapes_of("rect", "column")) == len(counts)
    shown = [int(re.search(r": ([\d,]+) rows$", t)[1].replace(",", ""))
             for t in page.titles if t.startswith("[")]  # fmt: skip
    assert shown == counts.tolist()
    assert len(page.shapes_of("path", "quantile")) == 3
    worst = np.sort(np.abs(pred))[::-1]
    part = 100 * worst[:100].sum() / worst.sum()
    assert f"the worst 10 % (100 rows) carry {part:.3g} %" in page.titles
    row = page.rows_under("rows", "p50")[0]
    assert float(row[1]) == pytest.approx(np.sort(np.abs(pred))[499:501].mean(), rel=1e-2)


def test_equal_losses_have_a_distribution_too():
    """One bin, no width: nothing divides by it."""
    evaluate([1.0] * 5, [0.0] * 5, loss="mae", distribution=True, top=2, output="r.html")
    page = Page("r.html")
    assert "nan" not in page.text.partition("<main>")[2]
    assert {"Distribution", "Worst rows"} <= set(page.headings)


def test_the_worst_rows_are_a_table(rng):
    """The largest first, with ids where there are some."""
    pred = rng.normal(size=50)
    evaluate(pred, np.zeros(50), loss="mse", top=3, output="r.html")
    rows = Page("r.html").rows_under("rank", "row")
    order = np.argsort(-(pred**2))[:3]
    assert [int(row[1]) for row in rows] == order.tolist()
    assert [float(row[-2]) for row in rows] == pytest.approx((pred**2)[order].tolist(), rel=1e-5)


def test_a_confusion_matrix_is_shaded(rng):
    """The rows of each pair of labels; a row of one cell has the darkest shade."""
    target = rng.integers(0, 3, 200)
    pred = np.where((rng.random(200) < 0.3) & (target > 0), 2, target)
    evaluate(pred, target, metric="confusion_matrix", output="r.html")
    page = Page("r.html")
    table = next(t for t in page.tables if t[0][0][0] == "true \\ predicted")
    counts = [[int(((target == t) & (pred == p)).sum()) for p in range(3)] for t in range(3)]
    assert [[int(cell[0]) for cell in row[1:]] for row in table[1:]] == counts
    assert [cell[1] for cell in table[1][1:]] == ["n h8", "n", "n"]  # label 0 is always right


def test_many_labels_are_cut_with_their_count(rng):
    """Fifty are shown."""
    labels = np.arange(60)
    evaluate(labels, labels, metric="confusion_matrix", output="r.html")
    page = Page("r.html")
    table = next(t for t in page.tables if t[0][0][0] == "true \\ predicted")
    assert len(table) == len(table[0]) == 51
    assert "10 more labels are not shown" in page.text


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_a_reliability_diagram_has_a_point_a_bin(rng, strategy):
    """Mean confidence and accuracy of each bin that has rows, in the document and the page."""
    pred = rng.random(300)
    target = (rng.random(300) < pred).astype(int)
    found = evaluate(pred, target, metric=f"ece:bins=5,strategy={strategy}", output="r.html")
    edges = np.arange(1, 5) / 5
    if strategy == "quantile":
        edges = np.sort(pred)[[59, 119, 179, 239]]
    place = np.searchsorted(edges, pred)
    table = found.metrics[0].table
    assert table.columns == ("confidence", "accuracy", "rows")
    gap = 0.0
    for at in range(5):
        inside = place == at
        expected = (pred[inside].mean(), target[inside].mean(), inside.sum())
        assert table.rows[str(at + 1)] == pytest.approx(expected)
        gap += inside.mean() * abs(expected[0] - expected[1])
    assert found.metrics[0].value == pytest.approx(gap)
    page = Page("r.html")
    assert page.captions == [f"reliability diagram of {found.metrics[0].label}"]
    assert sum(title.startswith("bin ") for title in page.titles) == 5


def test_empty_bins_have_no_point():
    """They have neither a confidence nor an accuracy."""
    found = evaluate([0.05, 0.95], [0, 1], metric="ece:bins=10")
    assert list(found.metrics[0].table.rows) == ["1", "10"]


def test_failed_runs_are_marked_in_the_history(losscli):
    """A run that did not pass at its value, a run without a result at the bottom."""
    np.save("t.npy", np.arange(9.0))
    text = "version: 1\nevals:\n  val: {preds: p.npy, targets: t.npy, losses: [mae], "
    Path("c.yaml").write_text(text + 'metrics: [r2], gates: ["mae <= 1"]}\n')
    for shift in (0.5, 2.0, None, 0.5):
        if shift is None:
            Path("p.npy").write_bytes(b"nothing")
        else:
            np.save("p.npy", np.arange(9.0) + shift)
        losscli("run", "c.yaml")
    assert losscli("report", "c").code == 0
    page = Page()
    assert page.captions[:2] == ["mae", "r2"]
    missing = [title for title in page.titles if title.startswith("no result, ")]
    assert len(missing) == 2  # in each of the two drawings
    assert "p.npy" in missing[0]
    assert sum(title.startswith("2, ") and title.endswith("fail") for title in page.titles) == 1
    assert "run without a result" in page.text
    assert page.text.count("</svg>limit of a gate") == 1


def test_a_comparison_begins_with_its_verdicts(rng):
    """A worse model is said to be worse, and nothing is said to have passed."""
    target = rng.normal(size=400)
    models = {"good": target + 0.1 * rng.normal(size=400), "bad": target + rng.normal(size=400)}
    by = np.array(["a", "b"])[rng.integers(0, 2, 400)]
    compare(models, target, loss=["mae"], by={"g": by}, output="r.html")
    page = Page("r.html")
    top = page.text.partition("<main>")[0]
    assert "2 models, against good: 1 worse" in top
    assert "bad against good in mae: +" in top
    assert "PASS" not in top
    captions = ["mae: difference minus good", "mae of each model", "mae: bad minus good by group"]
    assert [each.partition(";")[0] for each in page.captions] == captions
    compare(models, target, loss=["mae"], fail_on="worse", output="r.html")
    assert "FAIL" in Page("r.html").text.partition("<main>")[0]


def test_an_evaluation_without_gates_passes_nothing():
    """Its numbers are at the top in place of a verdict."""
    evaluate([1.0, 3.0], [0.0, 0.0], loss=["mae", "mse"], output="r.html")
    top = Page("r.html").text.partition("<main>")[0]
    assert "PASS" not in top
    assert "mae 2.00000 [" in top


def test_benchmarks_are_drawn_against_size(losscli):
    """Time and bandwidth with the limit, and those of the baseline; one size side by side."""
    one = benchmark()
    large = [row.replace(shape=(4000, 10), bytes=320_000) for row in one.rows]
    several = Benchmark(rows=(*one.rows, *large), environment=one.environment)
    Path("b.json").write_text(several.to_json())
    report("b.json")
    page = Page()
    assert page.captions[:2] == ["time against size, mae float32 cpu forward",
                                 "GB/s against size, mae float32 cpu forward"]  # fmt: skip
    assert "numpy 1000x10: 2.00 ms" in page.titles
    assert "numpy 1000x10: 0.0400" in page.titles
    assert page.text.count("at peak bandwidth</li>") == len(page.captions) == 6
    Path("b.json").write_text(one.to_json())
    report("b.json")
    page = Page()
    assert "at peak bandwidth" in page.captions[0]
    top = page.text.partition("<main>")[0]
    assert "4 of 5 rows correct" in top
    assert "k.py:f, mse 1000x10 forward: a value is off by 9 ULP" in top


def test_the_baseline_of_a_benchmark_is_drawn_with_it():
    """Fainter, of the same implementation; sizes that only it has are drawn too."""
    one = benchmark()
    rows = [row for row in one.rows if row.label == "mae" and not row.both]
    several = [row.replace(shape=(k, 10)) for k in (1000, 2000) for row in rows]
    old = [row.replace(shape=(3000, 10)) for row in rows[:1]]
    for name, found in (("base", [*several, *old]), ("run", several)):
        part = Benchmark(rows=tuple(found), environment=one.environment)
        config = ConfigRecord(name="c", baseline="base.json")
        Path(f"{name}.json").write_text(
            Run(config=config, evals={}, benches={"b": part}, gates=()).to_json()
        )
    report("run.json", output="new.html")
    page = Page("new.html")
    assert page.text.count("numpy, baseline</li>") == len(page.captions) == 2
    assert len(page.shapes_of("path", "line s0 old")) == 2 + 2  # and in the legends
    assert "numpy 3000x10: 2.00 ms" in page.titles


def test_gates_have_their_distance_in_standard_errors(losscli):
    """Of losses, of metrics and of groups, from the JSON alone."""
    target = np.arange(200) % 2
    pred = np.where(np.arange(200) % 7 == 0, 1 - target, target)
    by = {"g": np.array(["a", "b"])[np.arange(200) % 2]}
    gates = ["accuracy >= 0.5", "zero_one <= 0.5", "zero_one[g=a] <= 0.5", "rows >= 1"]
    found = evaluate(pred, target, loss="zero_one", metric="accuracy", by=by, gate=gates,
                     output="e.json")  # fmt: skip
    report("e.json")
    rows = {row[1]: row[4] for row in Page().rows_under("status", "gate", "value")}
    parts = (found.metrics[0], found.losses[0], found.groups[0].losses[0])
    for gate, part in zip(gates, parts, strict=False):
        assert float(rows[gate]) == pytest.approx((part.value - 0.5) / part.stderr, abs=0.005)
    assert rows["rows >= 1"] == "-"


def test_groups_have_their_metrics_too(rng):
    """The worst value first; only losses have a share."""
    target = np.repeat([0, 1], 150)
    by = np.array(["a", "b", "c"])[np.arange(300) % 3]
    pred = np.where((by == "b") & (rng.random(300) < 0.5), 1 - target, target)
    evaluate(pred, target, metric="accuracy", by={"g": by}, output="r.html")
    rows = Page("r.html").rows_under("g", "rows", "value")
    assert rows[0][0] == "b"
    assert float(rows[0][2]) == pytest.approx((pred == target)[by == "b"].mean(), rel=1e-5)


def test_steps_that_gave_no_result_are_at_the_top(losscli):
    """With the message, before the gates."""
    np.save("t.npy", np.arange(9.0))
    text = "version: 1\nevals:\n  val: {preds: no.npy, targets: t.npy, losses: [mae]}\n"
    Path("c.yaml").write_text(text)
    losscli("run", "c.yaml", "-o", "run.json")
    report("run.json")
    top = Page().text.partition("<main>")[0]
    assert "no.npy" in top
    assert json.loads(Path("run.json").read_text())["status"] == "error"
