"""Evaluations with gates of every status, and with names that mean harm."""

import pytest

from losscli import evaluate
from losscli.gates import GateResult, parse
from tests.render import kinds

HOSTILE = {
    "controls": "a\x00\x07\x1b[31m\x9b\x7fz",
    "a comment's end": "a-->b<!--c",
    "the end of CDATA": "a]]>b<x>&amp;",
    "a bar and a backslash": "a|b\\|c\\",
    "a command": "::error::x",
    "a command of old": "##[error]x ##vso[task.complete]x",
    "lines": "a\n::error::b\r\nc\u2028::warning::d\x85e",
    "percents": "100%0A::error::x%25%3A",
    "bidi and invisible": "a\u202eb\u2066c\u200bd\ufeffe",
    "emoji": "\U0001f600\U0001f468\u200d\U0001f469",
    "half of one": "a\ud83db\udcff",
    "no characters": "a\ufffeb\uffffc\U0001ffff",
    "markup": "`a` **b** _c_ ~d~ <img src=x> [e](http://f) ![g](h)",
    "mentions": "@user #123 gh-45 o/r#6 www.a.b https://a.b :tada:",
    "a formula": "=1+1",
    "blanks and a command": "  \u3000\u00a0::error::x",
}


def named(text, statuses=("fail",)):
    """An evaluation whose label, file, columns and gates bear a text."""
    result = evaluate([1.0, 2.0], [0.0, 0.0], loss="mae")
    preds, targets = result.inputs
    expr = parse("x <= 1")._replace(label=text).expr
    judged = [
        GateResult(text, expr, "fail", 2.0, 1.0, status, f"over {text}") for status in statuses
    ]
    return result.replace(
        losses=(result.losses[0].replace(label=text),),
        inputs=(preds.replace(path=f"dir/{text}", columns=(text,)), targets),
        gates=tuple(judged),
    )


def many(**statuses):
    """An evaluation with so many gates of each status."""
    result = evaluate([1.0, 2.0], [0.0, 0.0], loss="mae")
    gates = [
        GateResult(None, f"mae <= {k}", "fail", 2.0, 1.0, status, f"{status} {k}")
        for status, count in statuses.items()
        for k in range(count)
    ]
    return result.replace(gates=tuple(gates))


@pytest.fixture
def every_status(tmp_path, monkeypatch):
    """An evaluation of files with a gate of every status, in the order of GATES."""
    monkeypatch.chdir(tmp_path)
    return kinds.evaluation()
