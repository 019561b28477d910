"""losscli tells the truth about losses: exact, fast, from files of any size.

from losscli import evaluate, losses

    evaluate("preds.npy", "targets.npy", loss="smooth_l1").value
    losses.smooth_l1(pred, target, beta=0.5)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losscli import losses as losses
    from losscli import results as results
    from losscli.benchmark.result import Benchmark as Benchmark
    from losscli.checks.result import Check as Check
    from losscli.errors import DataError as DataError
    from losscli.errors import LossCliError as LossCliError
    from losscli.errors import MissingError as MissingError
    from losscli.errors import UsageError as UsageError
    from losscli.evaluation import Evaluation as Evaluation
    from losscli.explanation.facts import Explanation as Explanation
    from losscli.plotting import explain as explain
    from losscli.plotting import plot as plot
    from losscli.runs import bench as bench
    from losscli.runs import check as check
    from losscli.runs import diff as diff
    from losscli.runs import evaluate as evaluate
    from losscli.saved import read as read
    from losscli.steps import run as run
    from losscli.version import __version__ as __version__

# A name, and the module it is taken from when it is first asked for: import stays cheap.
_PUBLIC = {
    "evaluate": "losscli.runs",
    "bench": "losscli.runs",
    "check": "losscli.runs",
    "diff": "losscli.runs",
    "explain": "losscli.plotting",
    "plot": "losscli.plotting",
    "run": "losscli.steps",
    "read": "losscli.saved",
    "Evaluation": "losscli.evaluation",
    "Benchmark": "losscli.benchmark.result",
    "Check": "losscli.checks.result",
    "Explanation": "losscli.explanation.facts",
    "LossCliError": "losscli.errors",
    "UsageError": "losscli.errors",
    "DataError": "losscli.errors",
    "MissingError": "losscli.errors",
    "__version__": "losscli.version",
}

__all__ = [*_PUBLIC, "losses", "results"]


def __getattr__(name: str) -> Any:
    if name in ("losses", "results"):
        return import_module(f"losscli.{name}")
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
