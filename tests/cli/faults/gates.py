"""What may be wrong with a gate itself."""

from tests.cli.faults.world import BASE, MAE, Case


def asked(gate, reason, run="val", config=str):
    """A gate that no world can pass."""
    return Case(run, gate, None, "error", reason, 1, config)


GATES = {
    "an unknown run": asked(MAE, "unknown run 'vla'", "vla"),
    "an unknown label": asked("mea <= 9", "no loss is labelled 'mea'"),
    "a statistic of benchmarks": asked("mae.time <= 9", "mae has no time"),
    "a statistic of another loss": asked("mae.rmsle <= 9", "mae has no rmsle"),
    "an unknown statistic": asked("mae.median <= 9", "no loss is labelled"),
    "a statistic of a count": asked("rows.max <= 9", "is a count"),
    "an unknown key of groups": asked("mae[city=*] <= 9", "not by city", "table"),
    "an unknown group": asked("mae[region=asia] <= 9", "no group is region=asia", "table"),
    "every group of none": asked("mae[region=*] <= 9", "has no groups"),
    "a baseline that is not named": asked(
        BASE, "names no baseline", config=lambda text: text.replace("baseline: base.json\n", "")
    ),
    "a statistic that a baseline lacks": asked("mae <= baseline.rmsle", "has no rmsle"),
}  # fmt: skip
