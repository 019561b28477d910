"""`losscli run` fails closed: a table of faults, and what each must end with.

Every fault is put into a world in which the same gate passes, so that it is the fault that trips
it. Then the table, the JSON, the JUnit and the Markdown must all say the same, and none of them
`pass`.
"""

import contextlib
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from losscli.commands import run as steps
from losscli.commands.bless import run_bless
from losscli.plans.files import BlessPlan
from tests.cli.faults.baselines import BASELINES
from tests.cli.faults.data import DATA
from tests.cli.faults.gates import GATES
from tests.cli.faults.world import EVALS, build, config

REPORTS = ("-o", "out.json", "-o", "out.xml", "-o", "out.md")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The folder of that world, its result blessed as the baseline."""
    folder = tmp_path_factory.mktemp("world")
    with contextlib.chdir(folder):
        build()
        Path("c.yaml").write_text(config(*EVALS))
        found = steps.run("c.yaml", output=["base.json"], results=None)
        assert found.exit_code == 0
        run_bless(BlessPlan("base.json", "the first", "base.json"))
    return folder


@pytest.fixture
def judged(world, losscli):
    """Runs the config with a gate in this folder, and gives all that was said."""
    shutil.copytree(world, ".", dirs_exist_ok=True)

    def call(case, *more):
        gate = f'  - {{run: {case.run}, expect: "{case.gate}"}}\n'
        part = config(case.run if case.run in EVALS else "val")
        text = f"{part}baseline: base.json\ngates:\n{gate}"
        Path("c.yaml").write_text(case.config(text))
        return losscli("run", "c.yaml", *REPORTS, "--no-save", *more)

    return call


FAULTS = {
    **{f"data: {name}": case for name, case in DATA.items()},
    **{f"baseline: {name}": case for name, case in BASELINES.items()},
    **{f"gate: {name}": case for name, case in GATES.items()},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_never_a_pass(name, judged):
    """Nor where the gate passes without it; and every report says the same."""
    case = FAULTS[name]
    if case.spoil is not None:
        before = judged(case)
        assert (before.code, statuses()) == (0, ["pass"]), before.err
        case.spoil()
    said = judged(case)
    assert said.code == case.code, said.out + said.err
    (gate,) = json.loads(Path("out.json").read_text())["gates"]
    assert gate["status"] == case.status, gate
    assert case.reason in gate["reason"]
    assert_told(said, case.code)
    warned = judged(case._replace(config=lambda text: warning(case.config(text))))
    assert warned.code == (0 if case.code == 1 else case.code)  # what failed to run still counts
    assert statuses() == ["warn" if case.status == "fail" else case.status]


def test_there_are_enough_faults():
    """The table is the specification: it may only grow."""
    assert len(FAULTS) >= 90


def warning(text):
    """The same config, its gate of a level that never changes the exit code."""
    return text.replace("- {run: ", "- {level: warn, run: ")


def statuses():
    """Those of the gates in the JSON."""
    return [gate["status"] for gate in json.loads(Path("out.json").read_text())["gates"]]


def assert_told(said, code):
    """Every report of a run tells the same of its gates, and none of a traceback or a bug."""
    document = json.loads(Path("out.json").read_text())
    gates = document["gates"]
    assert document["exit_code"] == code
    assert document["status"] == {0: "pass", 1: "fail", 6: "undecided"}.get(code, "error")
    counted = [gate["status"] for gate in gates if gate["level"] == "fail"]
    failed_steps = [
        part for kind in ("evals", "benches") for part in document[kind].values()
        if part["schema"] == "losscli/error/1"
    ]  # fmt: skip
    if {"fail", "error"} & set(counted) or failed_steps:
        assert code in (1, 3, 4, 5)
    else:
        assert code == (6 if "undecided" in counted else 0)
    root = ET.parse("out.xml").getroot()
    bad = int(root.get("failures")) + int(root.get("errors"))
    wrong = [status for status in counted if status not in ("pass", "warn")]
    assert bad >= len(wrong) + len(failed_steps)
    assert bool(bad) == bool(code)
    markdown = Path("out.md").read_text()
    for status in {gate["status"] for gate in gates}:
        word = status if status == "pass" else status.upper()
        lines = [line.split()[0] for line in said.out.splitlines() if line.split()]
        told = sum(gate["status"] == status for gate in gates)
        assert lines.count(word) == told, said.out
        assert markdown.count(f"\n| {word} |") == told
    if not any(gate["status"] == "pass" for gate in gates):
        assert "| pass |" not in markdown
        assert "passed" not in said.out
    assert "Traceback" not in said.err
    assert code == 5 or "losscli itself failed" not in said.out + markdown
