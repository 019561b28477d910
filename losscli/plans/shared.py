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
GATE = Flag(
    'A condition, in quotes: "mse.ci_high <= 0.3"; exit code 1 where it fails.',
    GATES, "GATE", key="gates",
)  # fmt: skip
MAX = Flag("The loss must be at most N.", GATES, "LABEL=N", config="own")
MIN = Flag("The loss must be at least N.", GATES, "LABEL=N", config="own")
BASELINE = Flag(
    'A saved evaluation, .json, for gates such as "mse <= baseline * 1.02".',
    GATES, "RESULT", complete="path",
)  # fmt: skip
ALLOW_NOTE = Flag(
    "The code of a note that does not make gates an error, such as looks_like_probabilities.",
    GATES, "CODE", config="run defaults",
)  # fmt: skip
SAVE = Flag("Also save the JSON: eval/TIME-HASH.json and eval/latest.json in --results.", OUT)
