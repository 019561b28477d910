"""Writes what optax and Keras make of the cases of `libraries`, so that tests need neither.

`python -m tests.oracles.record` in an environment that has both; the files are committed.
"""

import json
import math
from importlib import import_module
from pathlib import Path

import numpy as np

from tests.oracles.libraries.case import Case

FOLDER = Path(__file__).parent / "recorded"
RECORDED = ("keras", "optax")


def module(library):
    """The cases and the calls of a library, by its name."""
    return import_module(f"tests.oracles.libraries.{library}")


def listed(array):
    """An array as lists of numbers, which JSON keeps to the last bit, and of "nan" and "inf"."""
    if isinstance(array, list):
        return [listed(each) for each in array]
    if isinstance(array, float) and not math.isfinite(array):
        return str(array)
    return array


def array(lists):
    """The array that was listed."""
    if isinstance(lists, list):
        return np.array([array(each) for each in lists])
    return float(lists) if isinstance(lists, str) else lists


def as_json(one, measured):
    """A case with what a library makes of it."""
    given = {"spec": one.spec, "theirs": dict(one.theirs), "pred": one.pred, "target": one.target,
             "weights": one.weights, **measured}  # fmt: skip
    return {
        key: listed(np.asarray(value).tolist()) if isinstance(value, np.ndarray) else value
        for key, value in given.items()
        if value is not None
    }


def record(library):
    """Write the record of a library; returns its path."""
    of = module(library)
    names = [f"{one.spec}, {one.name}" for one in of.CASES]
    assert len(set(names)) == len(names), "two cases of one name"
    kept = {name: as_json(one, of.measure(one)) for name, one in zip(names, of.CASES, strict=True)}
    lines = [f"  {json.dumps(name)}: {json.dumps(case, allow_nan=False)}"
             for name, case in kept.items()]  # fmt: skip
    body = ",\n".join(lines)
    path = FOLDER / f"{library}.json"
    FOLDER.mkdir(exist_ok=True)
    path.write_text(f'{{"about": {json.dumps(of.about())},\n "cases": {{\n{body}\n}}}}\n')
    return path


def recorded(library):
    """(name, case, what the library made of it) of each case of its record."""
    document = json.loads((FOLDER / f"{library}.json").read_text())
    for name, found in document["cases"].items():
        given = {
            key: array(found.pop(key)) for key in ("pred", "target", "weights") if key in found
        }
        one = Case(name, found.pop("spec"), theirs=found.pop("theirs"), **given)
        yield name, one, {key: np.asarray(array(value)) for key, value in found.items()}


if __name__ == "__main__":
    for library in RECORDED:
        path = record(library)
        print(f"{path}: {path.stat().st_size // 1000} kB")  # noqa: T201 - it is a script
