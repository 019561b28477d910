"""A report: saved results of any kind as one page of HTML that needs no other file."""

from losscli.render.report.assemble import html as html
from losscli.render.report.source import Source as Source
