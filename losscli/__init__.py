"""losscli evaluates predictions, gates CI, verifies and benchmarks loss implementations.

from losscli import evaluate, losses

    evaluate("preds.npy", "targets.npy", loss="smooth_l1").value
    losses.smooth_l1(pred, target, beta=0.5)
"""

from importlib import import_module

TYPE_CHECKING = False  # as `typing` has it, whose import takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from losscli import losses as losses
    from losscli import metrics as metrics
    from losscli import results as results
    from losscli.commands.bench import bench as bench
    from losscli.commands.check import check as check
    from losscli.commands.compare import compare as compare
    from losscli.commands.diff import diff as diff
    from losscli.commands.evaluate import evaluate as evaluate
    from losscli.commands.explain import explain as explain
    from losscli.commands.plot import plot as plot
    from losscli.commands.report import report as report
    from losscli.commands.run import run as run
    from losscli.errors import DataError as DataError
    from losscli.errors import FailError as FailError
    from losscli.errors import LossCliError as LossCliError
    from losscli.errors import MissingError as MissingError
    from losscli.errors import UsageError as UsageError
    from losscli.explanation.facts import Explanation as Explanation
    from losscli.results.documents.bench import Benchmark as Benchmark
    from losscli.results.documents.check import Check as Check
    from losscli.results.documents.compare import ModelComparison as ModelComparison
    from losscli.results.documents.eval import Evaluation as Evaluation
    from losscli.results.reader import read as read
    from losscli.version import __version__ as __version__

# A name, and the module it is taken from when it is first asked for: import stays cheap.
_PUBLIC = {
    "evaluate": "losscli.commands.evaluate",
    "bench": "losscli.commands.bench",
    "check": "losscli.commands.check",
    "compare": "losscli.commands.compare",
    "diff": "losscli.commands.diff",
    "explain": "losscli.commands.explain",
    "merge": "losscli.commands.parts",
    "plot": "losscli.commands.plot",
    "report": "losscli.commands.report",
    "run": "losscli.commands.run",
    "read": "losscli.results.reader",
    "Evaluation": "losscli.results.documents.eval",
    "Benchmark": "losscli.results.documents.bench",
    "Check": "losscli.results.documents.check",
    "ModelComparison": "losscli.results.documents.compare",
    "Explanation": "losscli.explanation.facts",
    "LossCliError": "losscli.errors",
    "UsageError": "losscli.errors",
    "DataError": "losscli.errors",
    "FailError": "losscli.errors",
    "MissingError": "losscli.errors",
    "__version__": "losscli.version",
}

__all__ = [*_PUBLIC, "losses", "metrics", "results"]


def __getattr__(name: str) -> "Any":
    if name in ("losses", "metrics", "results"):
        return import_module(f"losscli.{name}")
    if name in _PUBLIC:
        found = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
        return found
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
