"""JSON: everything, with numbers that read back to the same bits."""

import json
from typing import TYPE_CHECKING

from losscli.errors import LossCliError

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation


def render(result: "Evaluation") -> str:
    """The document of the result."""
    return result.to_json() + "\n"


def render_error(error: LossCliError) -> str:
    """The document `losscli/error/1`."""
    return json.dumps(error.to_dict(), indent=2) + "\n"
