"""Flags and panels that several plans share."""

from losscli.plans.flags import Flag

# The panels of a help page.
DATA, LOSS, STATS, COMPUTE, OUT = "Data", "Losses", "Statistics", "Computing", "Output"
GATES, MEASURE, LOOK, RUN = "Gates", "Measuring", "Selection", "Running"

OUTPUT = Flag(
    "Also write a file, in the format of its suffix; repeatable.",
    OUT, "FILE", short="-o",
)  # fmt: skip
RESULTS = Flag("The folder of saved results.", OUT, "DIR")
RESULT = Flag(
    "A saved result: a file, or a config's name for its latest.",
    metavar="RESULT", positional=True, complete="result",
)  # fmt: skip
THREADS = Flag(
    "Number of threads; 0 is all cores. The result does not depend on it.",
    COMPUTE, "N", config="run",
)  # fmt: skip
SEED = Flag("The seed of generated inputs.", DATA, "N", config="run defaults")
