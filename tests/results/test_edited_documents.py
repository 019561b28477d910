"""Saved results that were edited by hand: every reader names what is wrong, and none breaks."""

import copy
import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli.cli.app import run
from losscli.results import frame
from tests.differences.conftest import bench

CONFIG = """version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, rmse], gates: ["mae <= 9"]}
  by: {preds: p.npy, targets: t.npy, losses: [mae], by: ./g.csv}
"""
VALUES = [
    None, True, -1, 0, 7, 2**63, 10**400, -1.5, 1e308, 5e-324, "", "x", "nan", "inf", "\ud800",
    "\x00", "losscli/eval/1", [], [[1]], [None], {}, {"a": 1}, {"devices": [1]}, "9" * 50,
]  # fmt: skip
COMMANDS = [
    ("diff", "bad.json", "eval.json"),
    ("diff", "eval.json", "bad.json", "--per-sample"),
    ("diff", "bad.json", "bench.json"),
    ("diff", "run.json", "bad.json", "--format", "json"),
    ("bless", "bad.json", "--reason", "r", "--to", "base.json"),
    ("bless", "run.json", "--reason", "r", "--to", "bad.json"),
    ("results", "show", "bad.json"),
    ("results", "show", "bad.json", "--format", "junit"),
    ("results", "list"),
    ("eval", "p.npy", "t.npy", "-l", "mae", "--gate", "mae <= baseline + 9", "--baseline",
     "bad.json"),
]  # fmt: skip


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """One saved document of each kind that is read, by its name, in a folder of their own."""
    folder = tmp_path_factory.mktemp("edited")
    before = Path.cwd()
    os.chdir(folder)
    try:
        np.save("p.npy", [1.0, 2.0, 4.0])
        np.save("t.npy", [0.0, 0.0, 0.0])
        Path("g.csv").write_text("g\na\nb\nb\n")
        Path("ci.yaml").write_text(CONFIG)
        kept = ("--per-sample", "rows.npy", "-o", "eval.json", "--by", "./g.csv", "-q")
        assert run(["eval", "p.npy", "t.npy", "-l", "mae,rmse", *kept]) == 0
        assert run(["run", "ci.yaml", "-q", "-o", "run.json"]) == 0
        Path("bench.json").write_text(json.dumps(bench(1, rounds=8)))
        names = ("eval", "run", "bench")
        yield {name: json.loads(Path(f"{name}.json").read_text()) for name in names}
    finally:
        os.chdir(before)


def places(document, at=()):
    """The ways to all values of a document."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inner:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from places(value, (*at, key))


def edited(document, way, value):
    """A copy with another value at a place, or without it."""
    found = copy.deepcopy(document)
    holder = found
    for key in way[:-1]:
        holder = holder[key]
    if value == "deleted":
        del holder[way[-1]]
    else:
        holder[way[-1]] = value
    return found


def check(documents, data, capsys, commands):
    """No command ends with a fault of its own, and whoever refuses a file says which."""
    kind = data.draw(st.sampled_from(sorted(documents)))
    document = documents[kind]
    for _ in range(data.draw(st.integers(1, 3))):
        if document:
            way = data.draw(st.sampled_from(list(places(document))))
            document = edited(document, way, data.draw(st.sampled_from(["deleted", *VALUES])))
    text = json.dumps(document)
    Path("bad.json").write_text(text)
    Path("results/ci/bad.json").write_text(text)
    for command in data.draw(st.permutations(commands))[:4]:
        Path("bad.json").write_text(text)
        Path("base.json").unlink(missing_ok=True)
        capsys.readouterr()
        code = run(list(command))
        said = capsys.readouterr().err
        assert code in (0, 1, 2, 3, 6), (command, said)
        assert "losscli itself" not in said
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame()


FUZZ = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(FUZZ, max_examples=60)
@given(data=st.data())
def test_an_edited_document_is_never_a_fault_of_losscli(documents, capsys, data):
    """Keys gone, other types, huge integers, halves of surrogates."""
    check(documents, data, capsys, COMMANDS)


@pytest.mark.deep
@settings(FUZZ, max_examples=1500)
@given(data=st.data())
def test_an_edited_document_is_never_a_fault_of_losscli_at_length(documents, capsys, data):
    """The same, for longer."""
    check(documents, data, capsys, COMMANDS)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ((("losses", 0, "n"), "many"), "losses[0].n: expected an integer, got a string"),
        ((("losses", 0, "value"), 10**400), "losses[0].value: expected a number"),
        ((("losses", 0, "stderr"), -1.0), "losses[0]: the stderr is below 0"),
        ((("environment",), []), "environment: expected an object, got a list"),
        ((("git",), "deadbeef"), "git: expected an object or null, got a string"),
        ((("groups", 0, "by"), None), "groups[0].by: expected an object, got null"),
        ((("losses", 0, "label"), "deleted"), "losses[0]: 'label' is missing"),
    ],
)
def test_a_field_that_is_wrong_is_named(documents, capsys, edit, words):
    """By its way from the top of the document."""
    Path("bad.json").write_text(json.dumps(edited(documents["eval"], *edit)))
    for command in (("diff", "bad.json", "eval.json"), ("results", "show", "bad.json")):
        assert run(list(command)) == 3
        said = capsys.readouterr().err
        assert f"bad.json is broken: {words}" in said


def test_a_field_of_a_step_is_named_with_its_step(documents, capsys):
    """A run holds documents, which are known by the names of their steps."""
    way = ("evals", "val", "losses", 0, "sum")
    Path("bad.json").write_text(json.dumps(edited(documents["run"], way, "much")))
    assert run(["results", "show", "bad.json"]) == 3
    words = "'val' in bad.json is broken: losses[0].sum: expected a number"
    assert words in capsys.readouterr().err


def test_texts_of_a_document_are_escaped_where_they_are_shown(documents, capsys):
    """A lone surrogate would end in an error of the stream, a control would reach a terminal."""
    Path("bad.json").write_text(json.dumps(edited(documents["eval"], ("backend",), "\ud800\x1b")))
    assert run(["results", "show", "bad.json"]) == 0
    assert "\\ud800\\x1b on " in capsys.readouterr().out
