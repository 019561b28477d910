"""Malformed and treacherous files: each ends with its exit code and message, or its values."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate
from losscli.errors import LossCliError
from losscli.sources.opening import open_source
from losscli.sources.references import split_reference
from losscli.sources.table import Workspace
from tests.sources.malformed import arrays, binaries, tables, texts
from tests.sources.malformed.case import COLUMNS, T

CASES = [
    *arrays.cases(),
    *texts.cases(),
    *tables.cases(),
    *binaries.cases(),
]


def made(case):
    """The name of the file, which is written."""
    path = Path(os.fsdecode(split_reference(case.name).path))
    if not isinstance(case.content, bytes):
        case.content(path)
    else:
        path.write_bytes(case.content)
    return case.name


def values(name, arguments):
    """The predictions in a file."""
    targets = None if arguments else T
    options = {key: [value] for key, value in arguments.items()}
    with open_source(name, targets, **options) as source:
        blocks = [cut.load(Workspace()).arrays["preds"].copy() for cut in source.blocks()]
        source.verify()
    return np.concatenate(blocks)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_malformed_file_is_refused_or_read_right(case):
    """Never with a traceback, never with another number."""
    name = made(case)
    if not case.code:
        assert values(name, case.arguments).astype(float).tolist() == list(case.preds)
        return
    targets = {} if case.arguments else {"targets": T}
    with pytest.raises(LossCliError) as caught:
        evaluate(name, **targets, **case.arguments, loss="mse")
    said = str(caught.value)
    assert caught.value.exit_code == case.code, said
    assert re.search(case.words, said), said
    assert len(said) < 2000


def test_the_corpus_is_large_and_its_cases_differ():
    """At least 200, each under a name of its own."""
    assert len({case.id for case in CASES}) == len(CASES) >= 200


_SIZE = 100 << 20
# By kind, the text before and after a long run of one letter.
LONGEST = {
    "number": ("p,t\n1,1\n", "1", ",3\n4,2\n"),
    "text": ("p,t,x\n1,1,a\n2,3,", "y", "\n4,2,c\n"),
    "quotes": ('p,t,x\n1,1,a\n2,3,"', "y", '"\n4,2,c\n'),
    "name": ("p,t,", "y", "\n1,1,1\n"),
    "item": ('{"p": 1, "t": 1, "x": "', "y", '"}\n'),
}


@pytest.mark.deep
@pytest.mark.parametrize("key", LONGEST)
def test_a_cell_of_100_megabytes_is_refused(key):
    """In no more memory than some times its size."""
    name = "table.jsonl" if key == "item" else "table.csv"
    before, letter, after = LONGEST[key]
    Path(name).write_text(before + letter * _SIZE + after)
    with pytest.raises(LossCliError, match=r"more than 64 MiB|quote that is not closed"):
        evaluate(name, **COLUMNS, loss="mse")
