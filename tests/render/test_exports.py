"""The formats that other tools read: OpenMetrics, Bencher's, github-action-benchmark's."""

import json
import math
import shlex

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_old

from losscli import evaluate
from losscli.cli.app import run
from losscli.errors import LossCliError
from losscli.render import error_text, text
from tests.render.kinds import KINDS

HOSTILE = 'a"b\\c\nd ##[group]::error::{}= é\u202e\x1b[31m'

# Of Bencher: https://bencher.dev/docs/reference/bencher-metric-format
NUMBER = {"type": "number"}
METRIC = {
    "type": "object",
    "properties": {"value": NUMBER, "lower_value": NUMBER, "upper_value": NUMBER},
    "required": ["value"],
    "additionalProperties": False,
}
MEASURES = {"type": "object", "additionalProperties": METRIC, "minProperties": 1}
BMF = {"type": "object", "additionalProperties": MEASURES}
ENTRY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "unit": {"type": "string"},
        "value": NUMBER,
        "range": {"type": "string"},
    },
    "required": ["name", "unit", "value"],
    "additionalProperties": False,
}


def strict(words):
    """JSON without nan and infinities."""

    def refuse(name):
        raise AssertionError(name)

    return json.loads(words, parse_constant=refuse)


def samples(words, parse=parse_open):
    """Each sample by its name and labels."""
    found = [one for family in parse(words) for one in family.samples]
    keyed = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}
    assert len(keyed) == len(found)
    return keyed


@pytest.fixture(params=KINDS)
def made(request, tmp_path, monkeypatch):
    """A result of each kind, or an error."""
    monkeypatch.chdir(tmp_path)
    return KINDS[request.param]()


def written(made, form):
    """Its text in a format."""
    return (error_text if isinstance(made, LossCliError) else text)(made, form)


def test_openmetrics_is_read_by_the_parsers_of_prometheus(made):
    """The strict one of OpenMetrics, and that of the older text, with the same numbers."""
    words = written(made, "openmetrics")
    assert repr(samples(words)) == repr(samples(words, parse_old))
    assert samples(words)["losscli_exit_code", ()] == made.exit_code
    assert words.endswith("# EOF\n")


def test_openmetrics_is_read_by_gitlab(made):
    """It takes the first two words of a line, by the rules of a shell, without what follows #."""
    for line in written(made, "openmetrics").splitlines():
        if not line.startswith("#"):
            _, value = shlex.split(line)
            float(value)


def test_json_has_the_form_that_its_reader_asks_for(made):
    """A mapping of measures, a list of entries; the document of an error is neither."""
    bmf, entries = (strict(written(made, form)) for form in ("bmf", "github-benchmark"))
    if isinstance(made, LossCliError):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bmf, BMF)
        assert isinstance(entries, dict)
        return
    jsonschema.validate(bmf, BMF)
    jsonschema.validate(entries, {"type": "array", "items": ENTRY})
    assert len({entry["name"] for entry in entries}) == len(entries)


def test_numbers_are_those_of_the_result():
    """To the bit, with the interval; a metric of which more is better has no entry on GitHub."""
    by = {"site": ["a", "a", "b", "b"]}
    pred, target = [1.0, 2.5, 4.0, 0.3], [0.0, 2.0, 3.0, 1.0]
    found = evaluate(pred, target, loss=["mae", "mse"], metric="r2", by=by, threads=1)
    series = samples(text(found, "openmetrics"))
    bmf, entries = (strict(text(found, form)) for form in ("bmf", "github-benchmark"))
    by_name = {entry["name"]: entry for entry in entries}
    for loss in found.losses:
        assert series["losscli_loss", (("label", loss.label),)] == loss.value
        assert series["losscli_loss_ci_high", (("label", loss.label),)] == loss.ci[1]
        assert bmf["losscli"][loss.label] == dict(
            zip(("value", "lower_value", "upper_value"), (loss.value, *loss.ci), strict=True)
        )
        assert by_name[loss.label]["value"] == loss.value
    assert series["losscli_metric", (("label", "r2"),)] == found["r2"].value
    group = found.groups[1].losses[0].value
    assert series["losscli_loss", (("group", "[site=b]"), ("label", "mae"))] == group
    assert bmf["[site=b]"]["mae"]["value"] == by_name["mae [site=b]"]["value"] == group
    assert "r2" in bmf["losscli"]
    assert not any("r2" in name for name in by_name)


def test_times_are_seconds_for_prometheus_and_nanoseconds_for_the_others():
    """Of correct rows only: a wrong result is not a faster one."""
    made = KINDS["bench"]()
    series = samples(text(made, "openmetrics"))
    times = [value for (name, _), value in series.items() if name == "losscli_time_seconds"]
    rows = [row for row in made.rows if row.correct]
    assert times == [row.times.median for row in rows]
    bmf = strict(text(made, "bmf"))
    assert [one["latency"]["value"] for one in bmf.values()] == [1e9 * time for time in times]
    assert [one["memory"]["value"] for one in bmf.values()] == [40_000.0] * len(rows)
    entries = [e for e in strict(text(made, "github-benchmark")) if e["unit"] == "ns"]
    assert [entry["value"] for entry in entries] == [1e9 * time for time in times]


def test_a_sum_has_no_interval_of_the_mean():
    """An interval of another number would be drawn around it."""
    found = evaluate([1.0, 2.0], [0.0, 0.0], loss="mae", reduction="sum", threads=1)
    assert strict(text(found, "bmf")) == {"losscli": {"mae": {"value": 3.0}}}
    assert "ci_low" not in text(found, "openmetrics")


def test_what_is_not_finite_is_said_where_it_can_be():
    """OpenMetrics has NaN and infinities, JSON has not."""
    found = evaluate([math.nan, 1.0], [0.0, 0.0], loss="mae", nan="propagate", threads=1)
    assert math.isnan(samples(text(found, "openmetrics"))["losscli_loss", (("label", "mae"),)])
    found = evaluate([math.inf, 1.0], [0.0, 0.0], loss="mae", nan="propagate", threads=1)
    assert 'losscli_loss{label="mae"} +Inf\n' in text(found, "openmetrics")
    assert strict(text(found, "bmf")) == {}
    assert strict(text(found, "github-benchmark")) == []


def test_names_from_data_are_inert():
    """No control, line end or CI command, whatever a group is called."""
    by = {HOSTILE: [HOSTILE, HOSTILE, "b", "b"]}
    found = evaluate([1.0, 2.0, 3.0, 4.0], [0.0] * 4, loss="mae", by=by, threads=1)
    for form in ("openmetrics", "bmf", "github-benchmark"):
        words = text(found, form)
        assert not set("\x1b\u202e") & set(words)
        assert "##[" not in words
    assert len(samples(text(found, "openmetrics"))) == 3 * 3 + 1


@pytest.mark.parametrize("name", ["found.prom", "found.om"])
def test_openmetrics_on_the_command_line(tmp_path, monkeypatch, capsys, name):
    """By the suffixes of a file; gates are in it, and an error where there is no result."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    np.save("p.npy", [1.0, 2.0])
    np.save("t.npy", [0.0, 0.0])
    assert run(["eval", "p.npy", "t.npy", "-l", "mae", "--max", "mae=1", "-o", name]) == 1
    gate = (("gate", "mae <= 1"), ("level", "fail"))
    assert samples((tmp_path / name).read_text())["losscli_gate_passed", gate] == 0
    capsys.readouterr()
    assert run(["eval", "no.npy", "t.npy", "-l", "mae", "--format", "openmetrics"]) == 3
    ((_, labels),) = (key for key in samples(capsys.readouterr().out) if key[0] == "losscli_error")
    assert "no.npy" in dict(labels)["message"]
