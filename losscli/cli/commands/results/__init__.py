"""The results that `losscli run` and `losscli eval --save` kept."""

from losscli.cli.command import Panel

PANEL = Panel.EVALUATE
