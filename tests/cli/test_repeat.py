"""The command line that a result names is the one that gives it."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from losscli import compare, evaluate, merge

TABLE = "id,g,y,a,b\n" + "".join(
    f"r{at},{'uv'[at % 2]},{at % 5},{at % 7},{at % 3}\n" for at in range(40)
)
COMMANDS = [
    "eval p.npy t.npy -l mse",
    "eval p.npy t.npy -l smooth_l1:beta=0.5 -l 'half=0.5*mae' --ci 90% --top 3 --distribution",
    "eval t.csv --pred a --target y -l mse,mae -m r2 --id id --by g --max mse=9 --gate 'rows >= 1'",
    "eval t.csv --pred a --pred b --target y -l mse",
    "eval ./-p.npy t.npy -l mae --max=mae=99 --no-user-code",
    "eval p.npy t.npy -l mse --weights w.npy --bootstrap 200 --reduction mean --threads 1",
    "eval x.csv --pred 1 --target 2 -l mse --no-header --delimiter ';' --skip-lines 1",
    "compare a.npy b.npy t.npy -l mae,mse --test noninferior --margin 1% --fail-on worse,undecided",
    "compare new=a.npy b.npy t.npy -l mae --baseline new --pairs all",
    "compare t.csv --pred a --pred 'two=b' --target y -l mae --by g",
    "bench -l mae --impl numpy --size 1e3,2e3 --pass forward --time 0.2 --resolve none --no-memory",
]


@pytest.fixture
def files():
    """Predictions, targets, weights and tables in the current folder."""
    rng = np.random.default_rng(0)
    for name in ("p", "-p", "a", "b", "t"):
        np.save(f"{name}.npy", rng.normal(size=40))
    np.save("w.npy", rng.random(40))
    Path("t.csv").write_text(TABLE)
    Path("x.csv").write_text("# a line\n1;2\n3;5\n")


def document(losscli, words):
    """The result of a command without its times."""
    said = losscli(*words, "--format", "json")
    assert said.code in (0, 1, 6), said.err
    found = json.loads(said.out)
    return found, {k: v for k, v in found.items() if k not in ("timing", "command", "rows")}


@pytest.mark.parametrize("typed", COMMANDS)
def test_the_command_of_a_result_gives_it_again(losscli, files, typed):
    """To the bit, apart from measured times; and it is its own command."""
    found, first = document(losscli, shlex.split(typed))
    command = found["command"]
    assert command[:2] == ["losscli", typed.split()[0]]
    again, second = document(losscli, command[1:])
    assert again["command"] == command
    if typed.startswith("bench"):
        keys = ("label", "impl", "shape", "pass", "dtype", "correct")
        assert [[row[key] for key in keys] for row in found["rows"]] == [
            [row[key] for key in keys] for row in again["rows"]
        ]
    else:
        assert second == first


def test_defaults_are_left_out(losscli, files):
    """And what is given twice stays twice."""
    found, _ = document(losscli, shlex.split("eval p.npy t.npy -l mse -l mae --ci 0.95 --top 0"))
    assert shlex.join(found["command"]) == "losscli eval p.npy t.npy -l mse -l mae"


def test_the_same_from_python(files):
    """Paths can be typed, arrays and functions cannot."""
    found = evaluate("p.npy", Path("t.npy"), loss=["mse"], ci=np.float64(0.9))
    assert found.command == ("losscli", "eval", "p.npy", "t.npy", "-l", "mse", "--ci", "0.9")
    assert evaluate("-p.npy", "t.npy", loss="mse").command[2] == "./-p.npy"
    both = compare({"one": "a.npy", "two": "b.npy"}, "t.npy", loss="mae")
    assert both.command[2:] == ("one=a.npy", "two=b.npy", "t.npy", "-l", "mae")
    assert evaluate(np.load("p.npy"), "t.npy", loss="mse").command == ()
    assert evaluate("p.npy", "t.npy", loss=lambda p, t: abs(p - t)).command == ()
    by = [["u", "v"] * 20]
    assert evaluate("p.npy", "t.npy", loss="mse", by=by).command == ()
    assert "command" not in evaluate([1.0], [2.0], loss="mse").to_dict()


def test_merged_parts_name_the_merge(losscli, files):
    """Not the command that made the parts."""
    for number in (1, 2):
        losscli("eval", "p.npy", "t.npy", "-l", "mse", "--shard", f"{number}/2")
    folder = next(path for path in Path().iterdir() if path.is_dir())
    assert merge([folder], max="mse=9").command == (
        "losscli", "merge", str(folder), "--max", "mse=9",
    )  # fmt: skip


def test_passwords_of_addresses_are_not_kept():
    """Nor the tokens in queries."""
    from losscli.commands.request import typed
    from losscli.plans.evaluate import EvalPlan

    plan = EvalPlan("https://me:secret@host/p.npy?token=1", "t.npy", loss="mse")
    assert typed(plan, "eval")[2] == "https://host/p.npy"


def test_a_report_has_the_command(losscli, files):
    """Quoted for a shell; of a run's step nothing but the run's own."""
    losscli("eval", "t.csv", "--pred", "a", "--target", "y", "-l", "mse", "--gate", "rows >= 1",
            "-o", "e.html")  # fmt: skip
    text = Path("e.html").read_text()
    words = "losscli eval t.csv -l mse --pred a --target y --gate &#39;rows &gt;= 1&#39; -o e.html"
    assert f"<code>{words}</code>" in text
    Path("c.yaml").write_text(
        "version: 1\nevals:\n  val: {preds: p.npy, targets: t.npy, losses: [mae]}\n"
    )
    found, _ = document(losscli, ["run", "c.yaml", "--no-save"])
    assert "command" not in found["evals"]["val"]
