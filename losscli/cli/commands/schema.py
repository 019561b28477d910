"""`losscli schema`."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.cli.command import Call, Panel, command
from losscli.errors import UsageError

if TYPE_CHECKING:
    from losscli.plans.catalogue import SchemaPlan


class Schema(NamedTuple):
    """A JSON Schema as a result."""

    content: dict[str, Any]
    notes: tuple[()] = ()
    exit_code: int = 0

    def to_json(self) -> str:
        """The schema as text."""
        return json.dumps(self.content, indent=2)


@command("losscli.plans.catalogue:SchemaPlan", Panel.SETUP)
def run(plan: "SchemaPlan", _: Call) -> Schema:
    """Print the JSON Schema of configs, or of what a command prints as JSON.

    losscli schema > losscli.schema.json

    losscli schema --of eval
    """
    from losscli.results.registry import KINDS
    from losscli.results.schema import schema

    if plan.of == "config":
        from losscli.config.model import schema as config_schema

        return Schema(config_schema())
    if plan.of not in KINDS:
        words = ", ".join(["config", *KINDS])
        raise UsageError(f"no schema of {plan.of!r}", hint=f"--of takes {words}")
    return Schema(schema(plan.of))
