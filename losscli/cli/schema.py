"""`losscli schema`: the form of a config, for editors."""

import sys

from losscli.cli import options as opt


def command(
    debug: opt.Debug = False,  # noqa: ARG001 - read before the command runs
) -> int:
    """Print the JSON Schema of configs.

    losscli schema > losscli.schema.json
    """
    import json

    from losscli.config.model import schema

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
    return 0
