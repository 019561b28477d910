"""`losscli report`: saved results of any kind as one page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError, bench, diff, evaluate, report

CONFIG = """
version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, mse], gates: ["mae <= 0.5", "rows >= 1"]}
"""
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</style>"]


class Outline(HTMLParser):
    """The elements of a page, its headings, and the texts of its cells."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.headings, self.cells = [], [], [], []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._open = tag
        if re.fullmatch(r"h\d", tag):
            self.headings.append((tag, ""))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self._open in ("td", "th"):
            self.cells[-1] += data.strip()
        elif re.fullmatch(r"h\d", self._open):
            tag, before = self.headings[-1]
            self.headings[-1] = (tag, before + data.strip())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with data, a config, and a saved evaluation."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    target = rng.normal(size=200)
    np.save("t.npy", target)
    np.save("p.npy", target + rng.normal(size=200))
    Path("c.yaml").write_text(CONFIG)
    groups = rng.choice(["eu", "us"], size=200)
    evaluate(np.load("p.npy"), target, loss=["mae", "mse"], by={"region": groups},
             gate=["mae <= 0.1"], output="eval.json")  # fmt: skip
    return tmp_path


def page(name="report.html"):
    """The outline of a page, and its text."""
    text = Path(name).read_text(encoding="utf-8")
    return Outline(text), text


def test_a_run_and_its_history(losscli, folder):
    """The verdict is first; the losses of earlier results of the config are drawn."""
    for _ in range(3):
        assert losscli("run", "c.yaml").code == 1
    said = losscli("report", "c", "-o", "report.html", "--title", "Release 2")
    assert (said.code, said.err) == (0, "")
    found, text = page()
    assert found.headings[0] == ("h1", "Release 2")
    assert [name for tag, name in found.headings if tag == "h2"] == [
        "Gates", "val", "Inputs", "Environment", "Repeat",
    ]  # fmt: skip
    assert ("h3", "History") in found.headings
    assert text.index("1 failed") < text.index("<h2")
    assert CONFIG.splitlines()[2] in text
    losscli("report", "c", "-o", "report.html", "--history", "0")
    assert ("h3", "History") not in page()[0].headings


def test_an_evaluation_has_groups_by_share(losscli, folder):
    """The largest first, whatever the order in the document."""
    losscli("report", "eval.json")
    found, text = page()
    headings = [name for tag, name in found.headings if tag == "h2"]
    assert headings == ["Gates", "Losses", "Groups", "Notes", "Inputs", "Environment"]
    shares = [float(s) for s in re.findall(r">(\d+\.\d) %<", text)]
    document = json.loads(Path("eval.json").read_text())
    for at, loss in enumerate(document["losses"]):
        expected = sorted((100 * group["losses"][at]["sum"] / loss["sum"] for group in
                           document["groups"]), reverse=True)  # fmt: skip
        assert shares[2 * at : 2 * at + 2] == [round(share, 1) for share in expected]


def test_several_kinds_in_one_page(folder):
    """Each result is a section, in the order in which they are named."""
    bench(loss="mse", impl="numpy", size="1000", time=0.2, memory=False, output="bench.json")
    evaluate(np.load("p.npy") + 1, np.load("t.npy"), loss=["mae"], output="new.json")
    diff("eval.json", "new.json", allow_different_data=True, output="diff.json")
    result = report(["eval.json", "bench.json", "diff.json"])
    assert [each.kind for each in result.results] == ["eval", "bench", "diff"]
    found, _ = page()
    names = [name for tag, name in found.headings if tag == "h2"]
    assert names == ["eval.json", "bench.json", "diff.json"]


def test_output_of_a_command_is_the_same_page(losscli, folder):
    """`--output report.html` needs no second command; an error has a page too."""
    losscli("eval", "p.npy", "t.npy", "-l", "mse", "--max", "mse=0.1", "-o", "own.html")
    found, text = page("own.html")
    assert [name for tag, name in found.headings if tag == "h2"][:2] == ["Gates", "Losses"]
    assert "FAIL" in text
    Path("bad.npy").write_bytes(b"nothing")
    assert losscli("eval", "bad.npy", "t.npy", "-l", "mse", "-o", "error.html").code == 3
    assert "bad.npy" in page("error.html")[1]


def test_nothing_is_requested_and_nothing_is_inline(folder):
    """No address but anchors, no handler, no style attribute: the policy would block them."""
    report("eval.json")
    found, text = page()
    for tag, name, value in found.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "srcset", "action")
        if name == "href":
            assert (tag, value[0]) == ("a", "#")
    assert "default-src 'none'" in text
    assert "http://" not in text
    assert "https://" not in text
    assert found.tags.count("script") == 1


def test_texts_from_outside_are_inert(folder):
    """In names of groups, columns, labels, files and titles."""
    by = {HOSTILE[0]: np.array(HOSTILE)[np.arange(200) % len(HOSTILE)]}
    evaluate(np.load("p.npy"), np.load("t.npy"), loss=["mae"], by=by, output="hostile.json")
    report("eval.json", output="plain.html")
    report("hostile.json", title=HOSTILE[1], output="hostile.html")
    plain, hostile = page("plain.html")[0], page("hostile.html")[0]
    assert set(hostile.tags) <= set(plain.tags)
    assert hostile.tags.count("script") == hostile.tags.count("style") == 1
    assert set(HOSTILE) <= set(hostile.cells)


def test_a_thousand_groups_stay_under_a_megabyte(folder):
    """What is left out is counted."""
    keys = np.array([f"customer {at:05d}" for at in range(5000)])
    values = np.arange(5000.0)
    sizes = {}
    for count in (1000, 5000):
        evaluate(values[:count], values[:count] / 2, loss=["mae", "mse"],
                 by={"customer": keys[:count]}, output="many.json")  # fmt: skip
        sizes[count] = report("many.json").bytes
        text = page()[1]
    assert max(sizes.values()) < 1_000_000
    assert "of 5,000 groups are not shown" in text
    assert "losscli results show many.json -o groups.csv" in text


def test_thousands_of_rows_and_gates_are_counted(folder):
    """The worst are shown, the rest has a command."""
    values = np.arange(3000.0)
    gates = [f"mae <= {limit}" for limit in range(2000)]
    evaluate(values, values * 0, loss=["mae", "mse"], top=3000, gate=gates, output="many.json")
    assert report("many.json").bytes < 1_000_000
    text = page()[1]
    assert text.count("2,750 of 3,000 worst rows are not shown") == 2
    assert "losscli results show many.json -o rows.csv" in text
    assert "1,500 of 2,000 gates are not shown" in text


@pytest.mark.deep
def test_a_file_of_100_megabytes(losscli, folder):
    """Other JSON is refused; a result becomes a page of its usual size."""
    document = json.loads(Path("eval.json").read_text())
    document["notes"] = [{"code": "long", "message": "a note " * 7_000_000}] * 2
    Path("large.json").write_text(json.dumps(document))
    assert Path("large.json").stat().st_size > 95e6
    assert losscli("report", "large.json", "-o", "large.html").code == 0
    assert Path("large.html").stat().st_size < 1_000_000
    Path("large.json").write_text("[" + "0," * 45_000_000 + "0]")
    assert losscli("report", "large.json").code == 3


def test_older_and_changed_results(losscli, folder):
    """Fields that did not exist yet are left out of the page; broken ones are named."""
    document = json.loads(Path("eval.json").read_text())
    for name in ("command", "environment", "git", "notes", "started"):
        document.pop(name, None)
    for loss in document["losses"]:
        loss.pop("stderr", None)
        loss["ci"] = None
    Path("older.json").write_text(json.dumps(document))
    assert losscli("report", "older.json").code == 0
    assert "Repeat" not in [name for _, name in page()[0].headings]
    document["losses"][0]["mean"] = "many"
    Path("broken.json").write_text(json.dumps(document))
    said = losscli("report", "broken.json")
    assert said.code == 3
    assert "mean" in "\n".join(said.error)


def test_odd_distributions_are_drawn(losscli, folder):
    """As a file that was edited may hold them."""
    evaluate(np.load("p.npy"), np.load("t.npy"), loss="mae", distribution=True, output="d.json")
    document = json.loads(Path("d.json").read_text())
    for changes in (
        {"edges": [], "counts": []},
        {"edges": [0.0, 1.0], "counts": [0]},
        {"edges": ["nan", "inf"], "counts": [3]},
        {"edges": [0.0], "counts": [1, 2]},
        {"quantiles": {"p50": "nan", "p90": -1.0}, "worst": []},
    ):
        edited = json.loads(json.dumps(document))
        edited["losses"][0]["distribution"] |= changes
        Path("edited.json").write_text(json.dumps(edited))
        assert losscli("report", "edited.json").code == 0, changes
        assert losscli("plot", "edited.json").code in (0, 2), changes


def test_bad_input(losscli, folder):
    """Nothing is written, and what was there is kept."""
    Path("report.html").write_text("before")
    cases = {
        "not a result": ('{"a": 1}', "names no schema"),
        "newer": ('{"schema": "losscli/eval/9"}', "newer version"),
        "truncated": (Path("eval.json").read_text()[:500], "cut off"),
        "empty": ("", "is empty"),
    }
    for name, (text, words) in cases.items():
        Path("bad.json").write_text(text)
        said = losscli("report", "bad.json")
        assert (said.code, words in said.err) == (3, True), name
    assert Path("report.html").read_text() == "before"
    assert losscli("report", "nothing-saved").code == 3
    assert losscli("report").code == 2


def test_an_output_that_cannot_be_written_is_refused_before_any_work(folder):
    """The results are not even looked for."""
    for output in ("gone/report.html", "report.txt", "report.md", "."):
        with pytest.raises(UsageError):
            report("no-such-result", output=output)
    with pytest.raises(UsageError, match="is an input"):
        report("eval.html", output="eval.html")
    with pytest.raises(UsageError, match="made of results"):
        report([3])
    with pytest.raises(DataError):
        report("no-such-result")
