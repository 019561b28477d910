"""Configs that mean harm end with exit code 2 and a line, soon and in little memory; or are inert.

What the reader of YAML alone refuses is in test_document.py; here the whole of `losscli run` is
held against it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli import UsageError
from losscli.cli.app import run
from losscli.commands import run as steps

HEAD = "version: 1\ndata: {val: {preds: p.npy, targets: t.npy}}\n"
EVAL = "evals:\n  val: {data: val, losses: [mae]}\n"
PLAIN = HEAD + EVAL

NINES = "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12))
MERGES = "".join(f"m{k}: &m{k} {{<<: [{', '.join([f'*m{k - 1}'] * 9)}]}}\n" for k in range(1, 11))
QUOTES = "'a'" * 20_000
BOMBS = {
    "9^11 values by aliases": (f"a0: &a0 [x, x]\n{NINES}", None),
    "9^10 values by merges": (f"m0: &m0 {{k: v}}\n{MERGES}", None),
    "an alias of itself": ("a: &a {b: [*a]}\n", 1),
    "aliases of each other": ("a: &a [1]\nb: &b [*a, *b]\n", 2),
    "brackets 500 deep": ("a: " + "[" * 500 + "]" * 500, 1),
    "brackets 100,000 deep": ("a: " + "[" * 100_000 + "]" * 100_000, 1),
    "braces 100,000 deep": ("{a: " * 100_000 + "1" + "}" * 100_000, 1),
    "open brackets alone": ("[" * 1_000_000, 1),
    "dashes 100,000 deep": ("- " * 100_000 + "1", 1),
    "question marks 100,000 deep": ("? " * 100_000 + "1", 1),
    "a mapping in keys 500 deep": ("? {" * 500, 1),
    "a megabyte of one word": ("a: " + "x" * 1_000_000, 1),
    "many words": ("a: " + "x " * 60_000, 1),
    "a megabyte of blanks": (" " * 1_000_000 + "a: 1", 1),
    "many lines": ("\n" * 300_000 + "a: 1", 300_001),
    "many comments": ("# x\n" * 80_000, None),
    "a megabyte of quotes": ("a: '" + "''" * 500_000, None),
    "a megabyte of escapes": ('a: "' + "\\x41" * 60_000 + '"', 1),
    "a megabyte of colons": ("a: " + ": " * 300_000, 1),
    "many anchors": ("a: [" + "&a 1, " * 20_000 + "]\n", 1),
    "many zeros": ("a: [" + "00, " * 20_000 + "]\n", 1),
    "many equal keys": ("a: 1\n" * 20_000, None),
    "a megabyte of variables": (PLAIN + "outputs: ['" + "${a:-" * 12_000 + "']\n", 5),
    "ten megabytes in a key": ("k" * 10_000_000 + ": 1\n", None),
    "ten megabytes in a long key": ("? " + "k" * 10_000_000 + "\n: 1\n", None),
    "5,000 digits": (PLAIN + f"defaults: {{eval: {{threads: {'9' * 5_000}}}}}\n", 5),
    "5,000 digits in hex": (PLAIN + f"defaults: {{eval: {{threads: 0x{'f' * 5_000}}}}}\n", 5),
    "an endless time": (f"version: 1\nbenches: {{b: {{time: 1e{'9' * 60_000}}}}}\n", 2),
    "an endless size": (f"version: 1\nbenches: {{b: {{size: 1e{'9' * 60_000}}}}}\n", 2),
    "a size past every memory": ("version: 1\nbenches: {b: {losses: [mae], size: 1e300}}\n", 2),
    "5,000 digits of a version": (f"%YAML 1.{'9' * 5_000}\n---\nversion: 1\n", 1),
    "an escape past Unicode": ('version: 1\na: "\\UFFFFFFFF"\n', 2),
    "an escape just past Unicode": ('version: 1\na: "\\U00110000"\n', 2),
    "a gate of quotes": (f'{PLAIN}gates: ["mae[{QUOTES}[ <= 1"]\n', 5),
    "a gate of blanks": (f'{PLAIN}gates: ["mae[{" " * 60_000}] <= 1"]\n', 5),
    "a gate of words": (f'{PLAIN}gates: ["{"mae " * 15_000}"]\n', 5),
    "a limit of blanks": (f'{PLAIN}gates: ["mae <= baseline{" " * 60_000}x"]\n', 5),
    "a loss of commas": (f"{HEAD}evals:\n  val: {{data: val, losses: ['{',' * 60_000}']}}\n", 4),
    "a loss of colons": (f"{HEAD}evals:\n  val: {{data: val, losses: ['{':a=' * 20_000}']}}\n", 4),
    "a loss of a long name": (f"{HEAD}evals:\n  val: {{data: val, losses: [{'m' * 60_000}]}}\n", 4),
    "a long name of data": (f"{HEAD}evals:\n  v: {{data: {'v' * 60_000}, losses: [mae]}}\n", 4),
}  # fmt: skip

# One process tries all: a limit of memory and of time for each, and what it ended with.
TRIAL = """
import json, os, resource, signal, sys, time
from losscli.cli.app import run
import losscli.config.planner, losscli.commands.run
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in json.load(open("names.json")):
    signal.setitimer(signal.ITIMER_PROF, 20)  # seconds of work, not of a machine that is busy
    code = run(["run", name, "--format", "json"])
    signal.setitimer(signal.ITIMER_PROF, 0)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"end": name, "code": code, "grown": grown}), flush=True)
"""


# A process begins with the peak of the one that started it as its own; this one is thin.
BETWEEN = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    """What each bomb ended with: its exit code, the memory until then in KiB, its document."""
    folder = tmp_path_factory.mktemp("bombs")
    paths = {f"{at}.yaml": name for at, name in enumerate(BOMBS)}
    for path, name in paths.items():
        (folder / path).write_text(BOMBS[name][0])
    (folder / "names.json").write_text(json.dumps(list(paths)))
    done = subprocess.run(
        [sys.executable, "-c", BETWEEN, TRIAL],
        capture_output=True,
        cwd=folder,
        timeout=600,
        text=True,
    )
    found, document = {}, ""
    for line in done.stdout.splitlines():
        if line.startswith('{"end"'):
            end = json.loads(line)
            found[paths[end["end"]]] = (end["code"], end["grown"], json.loads(document or "null"))
            document = ""
        else:
            document += line
    return found, done.stderr


@pytest.mark.xdist_group("bombs")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_soon_and_in_little_memory(name, bombs):
    """Exit code 2 with its line, in messages that a person can read."""
    found, stderr = bombs
    assert name in found, stderr[-2000:]
    code, grown, document = found[name]
    assert (code, document["code"]) == (2, 2)
    assert grown < 400 << 10
    assert "Traceback" not in stderr
    line = BOMBS[name][1]
    if line is not None:
        assert document["faults"][0]["line"] == line


def test_a_thousand_faults_are_not_a_thousand_lines(losscli):
    """The first are told, and how many there are more; the document has all."""
    Path("c.yaml").write_text("a: [" + "00, " * 1000 + "]\n")
    said = losscli("run", "c.yaml")
    assert said.code == 2
    assert len(said.err.splitlines()) < 60
    assert "and 950 more" in said.err
    document = json.loads(losscli("run", "c.yaml", "--format", "json").out)
    assert len(document["faults"]) == 1000


def names(folder="."):
    """What a folder holds."""
    return {path.name for path in Path(folder).iterdir()}


@pytest.fixture
def losscli(capsys, tmp_path, monkeypatch):
    """The program in an empty folder with data: its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    for name in ("p.npy", "t.npy"):
        np.save(name, np.arange(3.0))

    class Said:
        def __init__(self, *arguments):
            capsys.readouterr()
            self.code = run(list(map(str, arguments)))
            self.out, self.err = capsys.readouterr()
            assert "Traceback" not in self.err
            assert "losscli itself failed" not in self.err + self.out

    return Said


# The hardening list of YAML, each row in a place where it would matter: (text, words, line).
TAGS = (
    *("!!python/object/apply:os.system [x]", "!!python/object:os.x {}", "!!python/name:os.x"),
    *("!!python/module:os", "!!python/tuple [1]", "!!python/str x", "!!python/none", "!mine x"),
    *("!!binary aGk=", "!!set {a}", "!!omap [a: 1]", "!!pairs [a: 1]", "!!timestamp 2024-01-01"),
    *("!!str x", "!!int 1", "!!float 1", "!!null x", "!!bool true", "!!map {}", "!!seq []"),
    *("! x", "!<tag:yaml.org,2002:str> x", "!!value =", "!!merge <<"),
)
ROWS = {
    **{f"the tag {tag}": (f"{PLAIN}baseline: {tag}\n", "tags are not", 5) for tag in TAGS},
    "a tag of a prefix": (f"%TAG !e! tag:x,2000:\n---\n{PLAIN}baseline: !e!x y\n", "tags", 7),
    "no for false": (f"{PLAIN}defaults: {{header: no}}\n", "header", 5),
    "off for false": (f"{PLAIN}defaults: {{header: off}}\n", "header", 5),
    "on as a key": (f"{PLAIN}on: 1\n", "unknown key 'on'", 5),
    "a number of another base": (f"{PLAIN}defaults: {{seed: 010}}\n", "leading zeros", 5),
    "a number by sixties": (f"{PLAIN}defaults: {{seed: 1:30}}\n", "seed", 5),
    "a number with lines": (f"{PLAIN}defaults: {{seed: 1_000}}\n", "seed", 5),
    "a date": (f"{PLAIN}defaults: {{seed: 2024-01-01}}\n", "seed", 5),
    "a key twice": (f"{PLAIN}evals: {{}}\n", "duplicate key evals, first in line 3", 5),
    "a key twice in quotes": (f'{PLAIN}"evals": {{}}\n', "duplicate key evals", 5),
    "a run twice": (f"{PLAIN}  val: {{data: val, losses: [mse]}}\n", "duplicate key val", 5),
    "a merge": (f"{HEAD}x: &x {{data: val}}\nevals:\n  v: {{<<: *x}}\n", "<< is not supported", 5),
    "a number as a run": (f"{PLAIN}  ? [1]\n  : {{data: val}}\n", "a key is a word", 5),
    "nothing as a key": (f"{PLAIN}'': 1\n", "is not a name", 5),
    "a tab": (f"{PLAIN}gates:\n\t- mae <= 1\n", "not valid YAML", 6),
    "two documents": (f"{PLAIN}---\n{PLAIN}", "a second document", 5),
    "a control character": (f"{PLAIN}baseline: a\x1bb\n", "U+001B", 5),
    "a zero": (f"{PLAIN}baseline: a\0b\n", "U+0000", 5),
    "a C1 character": (f"{PLAIN}baseline: a\x9bb\n", "U+009B", 5),
    "half a pair": (f'{PLAIN}"\\ud800": b\n', "no", 5),
    "an escape in a run's name": (f'{PLAIN}  "a\\e[31m": {{data: val}}\n', "is not a name", 5),
    "an unknown alias": (f"{PLAIN}baseline: *gone\n", "gone", 5),
    "a bracket that is not closed": (f"{PLAIN}gates: [\n", "not valid YAML", None),
    "a text that is not closed": (f'{PLAIN}baseline: "x\n', "not valid YAML", None),
    "Latin-1": (f"{PLAIN}baseline: caf\xe9\n".encode("latin-1"), "not UTF-8", 5),
    "UTF-16": (PLAIN.encode("utf-16"), "not UTF-8", 1),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), "U+0000", 1),
    "UTF-32": (PLAIN.encode("utf-32"), "not UTF-8", 1),
    "a program": (b"\x7fELF\x02\x01\x01\0\0\xff", "not UTF-8", 1),
    "nothing but nulls": (b"\0" * 100, "U+0000", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_hardening_list_is_refused_at_its_line(name, losscli):
    """Before any work, in one message."""
    text, words, line = ROWS[name]
    Path("c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = losscli("run", "c.yaml", "-o", "out.json")
    assert said.code == 2, said.err
    assert words in said.err
    if line is not None:
        assert f"line {line}" in said.err
    assert sorted(names()) == ["c.yaml", "p.npy", "t.npy"]


INERT = {
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(),
    "aliases": f"{HEAD}evals: {{a: &a {{data: val, losses: [mae]}}, b: *a}}\n".encode(),
    "its end said": f"---\n{PLAIN}...\n".encode(),
    "a text that looks like a tag": f'{PLAIN}baseline: "!!python/name:os.system"\n'.encode(),
    "dollars": f"{PLAIN}baseline: $$(touch x)`touch x`\n".encode(),
}


@pytest.mark.parametrize("name", INERT)
def test_what_only_looks_hostile_runs(name, losscli):
    """And does nothing else."""
    Path("c.yaml").write_bytes(INERT[name])
    assert losscli("run", "c.yaml").code == 0
    assert sorted(names()) == ["c.yaml", "p.npy", "results", "t.npy"]


RUNS = {
    "../../x", "/etc/x", "..", ".", ".hidden", "a/b", "a\\b", "a b", "a\nb", "a\x00b", "~", "~root",
    "x" * 101, "C:", "nul:", "é", "a\u202eb", "-\n", "a\ud800", "'", "", " ", "*", "a;b", "$(x)",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RUNS), ids=ascii)
def test_a_run_that_is_no_name_is_refused(name, losscli):
    """At its line, wherever names stand."""
    for part in ("evals", "benches", "data"):
        body = {"evals": "data: val, losses: [mae]", "benches": "losses: [mae]", "data": "preds: x"}
        run = f"{part}:\n  {json.dumps(name)}: {{{body[part]}}}\n"
        text = "version: 1\n" + run if part == "data" else HEAD + run
        Path("c.yaml").write_text(text)
        said = losscli("run", "c.yaml")
        assert said.code == 2
        assert f"line {3 if part == 'data' else 4}" in said.err
        assert not Path("results").exists()


FILES = [
    "..yaml", "...yaml", "....yaml", ".hidden.yaml", "CON.yaml", "nul.yml", "a b.yaml", "a\nb.yaml",
    "x" * 250 + ".yaml", "é.yaml", "\u202e.yaml", "-.yaml", "*.yaml", "..\\..\\x.yaml", "~.yaml",
    "$HOME.yaml", "latest.json", b"\xff\xfe.yaml", "results", "c.yaml.", "%2e%2e%2f.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_results_stay_inside_their_folder_whatever_the_config_is_called(name, losscli):
    """In a folder below it, which no other system would take for a device either."""
    path = Path(os.fsdecode(name))
    Path("in").mkdir()
    (Path("in") / path).write_text(PLAIN.replace("p.npy", "../p.npy").replace("t.npy", "../t.npy"))
    assert losscli("run", f"in/../in/{path}").code == 0
    assert names() == {"in", "p.npy", "t.npy", "results"}
    assert list(names("in")) == [os.fspath(path)]
    (folder,) = Path("results").iterdir()
    assert folder.name.isascii()
    assert folder.name.split(".")[0].upper() not in {"CON", "NUL", ""}
    assert len(list(folder.iterdir())) == 2


def test_results_follow_no_link_out_of_their_folder(losscli):
    """Neither as a folder nor as the latest result."""
    Path("c.yaml").write_text(PLAIN)
    Path("outside").mkdir()
    Path("secret").write_text("mine")
    Path("results").mkdir()
    Path("results/c").symlink_to("../outside")
    said = losscli("run", "c.yaml")
    assert (said.code, "results" in said.err) == (2, True)
    assert not list(Path("outside").iterdir())
    Path("results/c").unlink()
    Path("results/c").mkdir()
    Path("results/c/latest.json").symlink_to("../../secret")
    said = losscli("run", "c.yaml")
    assert (said.code, "results" in said.err) == (2, True)
    assert Path("secret").read_text() == "mine"
    assert list(names("results/c")) == ["latest.json"]


def test_results_may_be_a_link_themselves(losscli):
    """To a larger disk."""
    Path("c.yaml").write_text(PLAIN)
    Path("disk").mkdir()
    Path("results").symlink_to("disk")
    assert losscli("run", "c.yaml").code == 0
    assert len(list(Path("disk/c").iterdir())) == 2


PATHS = {
    "outputs": (f'{PLAIN}outputs: ["a\\0b.json"]\n', 2),
    "per_sample": (PLAIN.replace("losses", 'per_sample: "a\\0.npy", losses'), 2),
    "preds": (PLAIN.replace("p.npy", '"p\\0.npy"'), 3),
    "targets": (PLAIN.replace("t.npy", '"t\\0.npy"'), 3),
    "baseline": (f'{PLAIN}baseline: "b\\0"\ngates: ["mae <= baseline"]\n', 1),
    "weights": (PLAIN.replace("losses", 'weights: "./w\\0.npy", losses'), 3),
    "by": (PLAIN.replace("losses", 'by: "./w\\0.npy", losses'), 3),
    "an array": (PLAIN.replace("[mae]", '["cross_entropy:weight=@w\\0.npy"]'), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_zero_in_a_path_is_no_fault_of_losscli(name, losscli):
    """Wherever a config holds one; nothing is written but the result."""
    text, code = PATHS[name]
    Path("c.yaml").write_text(text)
    said = losscli("run", "c.yaml")
    assert said.code in ((2, 3) if code is None else (code,)), said.err + said.out
    assert names() <= {"c.yaml", "p.npy", "t.npy", "results"}


def test_a_folder_of_results_that_cannot_be_is_refused(losscli):
    """Before any work, whatever it is called."""
    Path("c.yaml").write_text(PLAIN)
    for folder in ("a\0b", "x" * 300, "p.npy", "p.npy/x"):
        with pytest.raises(UsageError, match=r"cannot|a path"):
            steps.run("c.yaml", results=folder)
    for output in ("a\0b.json", "x" * 300 + ".json", "p.npy/x.json", "no/x.json"):
        with pytest.raises(UsageError):
            steps.run("c.yaml", output=[output], results=None)
    assert names() == {"c.yaml", "p.npy", "t.npy"}


@pytest.mark.parametrize("digits", [1, 19, 4_301])
def test_a_position_of_any_length_is_refused(losscli, digits):
    """Python itself refuses to read numbers of thousands of digits."""
    Path("c.yaml").write_text(PLAIN)
    said = losscli("run", "c.yaml", "--dry-run", "--set", f"evals.val.losses.{'9' * digits}=mae")
    assert said.code == 2
    assert "the list has the items 0 to 0" in said.err
