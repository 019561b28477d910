"""Runs a case in this process and keeps what must not change of what it said and wrote.

Numbers, codes, labels and keys are kept to the bit. Of texts, times and what is of the machine only
the keys are kept: `ANY` stands for a value that may be anything.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from losscli.cli.app import run
from losscli.kernels import machine
from tests.corpus.commands import Case
from tests.corpus.files import write_files


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ANY = "<any>"
TEXT = "<text>"
# Texts that people read: they may be worded anew.
PROSE = _words("""
    message hint reason place meaning formula latex use avoid summary shapes source next
    pitfalls text domain direction title equivalents description
""")
# Texts of which it matters whether there is one.
PRESENT = frozenset({"fault", "smallest", "snippet", "problem", "unpaired"})
# What is of this machine, this moment or this version.
PASSING = _words("""
    timing environment wall_s started git losscli command threads seconds limits
    noise_floor processor cores cores_of_machine caches memory_bytes free_bytes cuda
    no_cuda compiler packages version commit instruction_set kernel
""")
# What a benchmark measures.
MEASURED = _words("""
    time_s gb_per_s limit_time_s limit_fraction peak_memory_bytes speedup speedup_ci
    rounds notes max_ulp grad_max_ulp max_rel_error stopped_by compile_s time_median_s
    time_ci_low_s time_ci_high_s time_min_s calls speedup_ci_low speedup_ci_high
""")
_STAMP = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_TERMINAL = (
    *("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"),
    *("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"),
)
_NAME = re.compile(r"[\w.-]+")
_LARGE = re.compile(r"ordinary \d{4,}")  # cases of a check
_MANY = 32  # numbers in a list that are kept as a digest


def make_templates(folder: Path) -> Path:
    """A folder with every file that a case may name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_files(folder)
    return folder


def _needed(case: Case, templates: Path) -> list[str]:
    """The files that a case names, and those that its configs name."""
    there = {path.name for path in templates.iterdir()}
    words = [word for step in case.steps for word in step] + list(case.files)
    found: set[str] = set()
    while words:
        named = {name for word in words for name in _NAME.findall(word)} & there
        named -= found
        found |= named
        words = [(templates / name).read_text() for name in named if name.endswith(".yaml")]
    return sorted(found - set(case.absent))


@contextmanager
def _place(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """The current folder and a plain terminal, for as long as a case runs."""
    kept, before, path = dict(os.environ), Path.cwd(), list(sys.path)
    for name in list(os.environ):
        if name in _TERMINAL or (name.startswith("LOSSCLI_") and name != "LOSSCLI_KERNEL"):
            del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(kept)
        sys.path[:] = path


def _call(arguments: tuple[str, ...]) -> tuple[int, str, str]:
    """The program: its exit code and what it said."""
    said = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = said
    try:
        code = run(list(arguments))
    finally:
        sys.stdout, sys.stderr = kept
    for stream in said:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in said)
    return code, out, err


def _edit(arguments: tuple[str, ...]) -> None:
    """A step that is none of the program's: a text in a file is changed, or a file goes."""
    match arguments:
        case ("edit", name, old, new):
            text = Path(name).read_text()
            assert old in text, f"{name} has no {old!r}"
            Path(name).write_text(text.replace(old, new, 1))
        case ("remove", name):
            Path(name).unlink()
        case ("copy", name, other):
            shutil.copy(name, other)
        case ("folder", name):
            Path(name).mkdir()
        case _:
            raise ValueError(f"no step is {arguments}")


def run_case(case: Case, templates: Path, folder: Path) -> dict[str, object]:
    """What each step ended with, and the files that were there at the end and not before."""
    folder.mkdir(parents=True)
    needed = _needed(case, templates)
    for name in needed:
        shutil.copyfile(templates / name, folder / name)
    before = {name: (folder / name).read_bytes() for name in needed}
    steps: list[object] = []
    with _place(folder, dict(case.environment)):
        for step in case.steps:
            if step[:1] and step[0] in ("edit", "remove", "copy", "folder"):
                _edit(step)
            else:
                steps.append(_step(step, *_call(step), str(folder)))
    return {"steps": steps, "files": _files(folder, before)}


def _step(step: tuple[str, ...], code: int, out: str, err: str, folder: str) -> dict[str, object]:
    found: dict[str, object] = {"exit_code": code}
    assert "Traceback" not in err or "--debug" in step, err
    if code not in (0, 1, 6):
        found["error"] = err.startswith("error: ") or "\nerror: " in err
    form = _format(step)
    if not out.strip():
        found["out"] = "nothing"
    elif form == "json" or (step[:1] == ("schema",) and "--help" not in step):
        found["out"] = _document(json.loads(out), folder)
    elif form == "csv" and step[:1] != ("doctor",):  # whose rows are of this machine
        found["out"] = _csv(out)
    elif form == "junit":
        found["out"] = _junit(out)
    else:
        found["out"] = "something"
    return found


def _format(step: tuple[str, ...]) -> str:
    return step[step.index("--format") + 1] if "--format" in step else "table"


def _files(folder: Path, before: dict[str, bytes]) -> dict[str, object]:
    """What is new or changed in a folder, by names without their times."""
    contents: dict[str, list[object]] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if "__pycache__" in name or path.is_dir() or before.get(name) == path.read_bytes():
            continue
        contents.setdefault(_STAMP.sub("TIME-HASH", name), []).append(_content(path, str(folder)))
    found: dict[str, object] = dict.fromkeys(
        set(before) - {p.name for p in folder.iterdir()}, "gone"
    )
    for name, several in contents.items():  # of one second, in no order of their own
        several.sort(key=lambda content: json.dumps(content, sort_keys=True))
        found |= {name + "'" * k: content for k, content in enumerate(several)}
    return found


def _content(path: Path, folder: str) -> object:
    data = path.read_bytes()
    match path.suffix:
        case ".json":
            try:
                return _document(json.loads(data), folder)
            except json.JSONDecodeError:
                return "no JSON"
        case ".csv":
            return _csv(data.decode("utf-8-sig"))
        case ".xml":
            return _junit(data.decode())
        case ".npy":
            array = np.load(path)
            digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
            return {"shape": list(array.shape), "dtype": str(array.dtype), "bits": _bits(digest)}
    return "something" if data else "nothing"


def _bits(digest: str) -> str:
    """A digest of numbers that were computed; another machine may have another last bit."""
    return f"bits:{digest[:24]}"


def _document(document: object, folder: str) -> object:
    if isinstance(document, dict) and "$schema" in document:
        return _schema(document)
    return _normal(document, folder, PASSING)


def _normal(value: object, folder: str, passing: frozenset[str]) -> object:
    """A document without what may change."""
    if isinstance(value, dict):
        if value.get("schema") == "losscli/bench/1":
            passing = passing | MEASURED
            value = {**value, "conclusions": len(value.get("conclusions", ()))}
        if value.get("schema") == "losscli/doctor/1":
            passing = passing | {"notes"}
        if value.get("schema") == "losscli/check/1":
            value = _check(value)
        return {key: _member(key, item, value, folder, passing) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) > _MANY and all(isinstance(x, int | float | None) for x in value):
            digest = hashlib.sha256(json.dumps(value).encode()).hexdigest()
            return {"numbers": len(value), "bits": _bits(digest)}
        return [_normal(item, folder, passing) for item in value]
    if isinstance(value, str):
        return _STAMP.sub("TIME-HASH", value.replace(folder, "FOLDER"))
    return value


def _check(document: dict[str, object]) -> dict[str, object]:
    """Rows by their names and notes by their codes: on a slow machine large cases are left out."""
    rows: dict[str, object] = {}
    for row in document["rows"]:
        name = f"{row['case']}, {row['pass']}"
        while name in rows:
            name += "'"
        rows[name] = row
    notes = {note["code"]: note for note in document["notes"]}
    return {**document, "rows": rows, "notes": notes}


def _in_time(recorded: dict[str, object], fresh: dict[str, object]) -> dict[str, object]:
    """A recorded check without what a slow machine left out."""
    notes = {code: note for code, note in recorded["notes"].items() if code != "left_out"}
    rows = {
        name: row
        for name, row in recorded["rows"].items()
        if name in fresh["rows"] or "left_out" not in fresh["notes"] or not _LARGE.match(name)
    }
    return {**recorded, "rows": rows, "notes": notes}


def _member(
    key: str, item: object, parent: dict[str, object], folder: str, passing: frozenset[str]
) -> object:
    if key == "code" and isinstance(item, list):  # of a user: what ran, with its digest
        return _normal(item, folder, passing)
    if key in passing or key in PROSE:
        return ANY
    if key == "gradient" and isinstance(item, str):
        return ANY
    if key in PRESENT and not (key == "fault" and "run" in parent):  # which has a name
        return None if item is None else TEXT
    if key == "digest" and "text" in parent:  # of a config
        return ANY
    if key in ("at", "user") and "from" in parent:  # of a blessing
        return ANY
    if (
        key == "value" and isinstance(item, float) and ".time" in str(parent.get("expr"))
    ):  # of a gate on a benchmark
        return ANY
    if key == "digest" and "labels" in parent and isinstance(item, str):  # of losses of rows
        return _bits(item.removeprefix("sha256:"))
    return _normal(item, folder, passing)


def _schema(document: dict[str, object]) -> object:
    """The names of a schema and the words it allows, wherever they stand."""
    names: dict[str, str] = {}
    words: dict[str, str] = {}

    def walk(part: object) -> None:
        if isinstance(part, list):
            for item in part:
                walk(item)
        if isinstance(part, dict):
            properties = part.get("properties")
            if isinstance(properties, dict):
                names.update(dict.fromkeys(properties, ANY))
            allowed = part.get("enum", [part["const"]] if "const" in part else [])
            words.update(dict.fromkeys(map(str, allowed), ANY))
            for item in part.values():
                walk(item)

    walk(document)
    return {"$id": document.get("$id"), "names": names, "words": words}


def _csv(text: str) -> object:
    """Each row by the names of its columns: a column more is no change."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows:
        return []
    header, *lines = rows
    timed = PASSING | (MEASURED if "impl" in header else frozenset())
    cells = [
        {key: _csv_cell(key, cell, timed) for key, cell in zip(header, line, strict=True)}
        for line in lines
    ]
    if len(cells) <= _MANY:
        return cells
    columns = {key: [row[key] for row in cells] for key in header}
    return {"rows": len(cells), "columns": {k: _column(c) for k, c in columns.items()}}


def _column(cells: list[str]) -> str:
    """A digest of many cells."""
    if ANY in cells:
        return ANY
    return _bits(hashlib.sha256(json.dumps(cells).encode()).hexdigest())


def _csv_cell(key: str, cell: str, timed: frozenset[str]) -> str:
    if key in timed or key in PROSE:
        return ANY
    if key in PRESENT:
        return TEXT if cell else ""
    return _STAMP.sub("TIME-HASH", cell)


def _junit(text: str) -> object:
    root = ET.fromstring(text)
    return {name: int(root.get(name, "-1")) for name in ("tests", "failures", "errors")}


def differences(
    recorded: object, fresh: object, tolerance: float = 0.0, where: str = ""
) -> list[str]:
    """What changed, one line each; keys that are only in the fresh one are no change.

    tolerance: the relative difference of numbers that is no change; digests are not compared then.
    """
    if recorded == ANY:
        return []
    if isinstance(recorded, dict) and isinstance(fresh, dict):
        if recorded.get("schema") == fresh.get("schema") == "losscli/check/1":
            recorded = _in_time(recorded, fresh)
        found = []
        for key, item in recorded.items():
            at = f"{where}.{key}" if where else str(key)
            if key not in fresh:
                found.append(f"{at} is gone (it was {_short(item)})")
            else:
                found += differences(item, fresh[key], tolerance, at)
        return found
    if isinstance(recorded, list) and isinstance(fresh, list):
        if len(recorded) != len(fresh):
            return [f"{where} has {len(fresh)} entries; it had {len(recorded)}"]
        found = []
        for k, (old, new) in enumerate(zip(recorded, fresh, strict=True)):
            found += differences(old, new, tolerance, f"{where}[{k}]")
        return found
    if _same(recorded, fresh):
        return []
    if tolerance and ("_ulp" in where or _close(recorded, fresh, tolerance)):
        return []
    return [f"{where} is {_short(fresh)}; it was {_short(recorded)}"]


def _same(recorded: object, fresh: object) -> bool:
    """Equal to the bit, and of one type: 1 is not 1.0, nor true."""
    return type(recorded) is type(fresh) and repr(recorded) == repr(fresh)


def _close(recorded: object, fresh: object, tolerance: float) -> bool:
    """Equal but for the last digits, which other functions or another processor may give."""
    if isinstance(recorded, str) and isinstance(fresh, str):
        if recorded.startswith("bits:") and fresh.startswith("bits:"):
            return True
        try:
            recorded, fresh = float(recorded), float(fresh)
        except ValueError:
            return False
    if isinstance(recorded, float) and isinstance(fresh, float):
        return abs(recorded - fresh) <= tolerance * max(abs(recorded), abs(fresh)) + 1e-15
    return False


def _short(value: object) -> str:
    text = json.dumps(value) if isinstance(value, dict | list) else repr(value)
    return text if len(text) <= 90 else f"{text[:87]}..."


def kernel() -> str:
    """The code that computes losses: another one may give other last bits."""
    return "compiled" if machine.available() else "numpy"


def arithmetic() -> str:
    """What NumPy's functions give on this machine: the last bits that a record depends on."""
    x = np.arange(1, 2049) / 64.0
    digest = hashlib.sha256()
    for dtype in (np.float64, np.float32):
        for function in (np.exp, np.log, np.log1p, np.expm1, np.tanh, np.sqrt, np.arctan, np.cosh):
            digest.update(function((x / 8).astype(dtype)).tobytes())
        digest.update(np.power(x.astype(dtype), dtype(1.5)).tobytes())
    return digest.hexdigest()[:16]


def tensors() -> str:
    """The same of torch, with its version; empty where it is not installed."""
    try:
        import torch
    except ImportError:
        return ""
    digest = hashlib.sha256()
    for dtype in (torch.float64, torch.float32):
        x = torch.arange(1, 2049, dtype=dtype) / 512
        for function in (torch.exp, torch.log, torch.log1p, torch.expm1, torch.tanh, torch.lgamma):
            digest.update(function(x).numpy().tobytes())
    return f"{torch.__version__.split('+')[0]} {digest.hexdigest()[:16]}"
