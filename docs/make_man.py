"""Write man pages and shell completions from the declarations: python docs/make_man.py FOLDER.

FOLDER/man1/ gets losscli.1 and a page for each command, FOLDER/completions/ a script for each
shell.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from make_reference import CODES, default_of, leaves, spelling, takes

from losscli.cli.app import program
from losscli.version import __version__

SHELLS = {"bash": "losscli.bash", "zsh": "_losscli", "fish": "losscli.fish"}


def pages() -> dict[str, str]:
    """The text of each man page by its file name."""
    top: Any = program()
    context = click.Context(top, info_name="losscli")
    found = list(leaves(top, context))
    made = {f"{_page(place)}.1": _text(_command(each, place)) for each, place in found}
    return {"losscli.1": _text(_overview(top, found)), **made}


def completions() -> dict[str, str]:
    """The completion script of each shell by its file name."""
    from losscli.cli.shells import script

    return {name: script(shell) + "\n" for shell, name in SHELLS.items()}


def _overview(top: Any, found: list[tuple[Any, Any]]) -> Iterator[str]:
    yield from _head("losscli", top.help)
    yield from [
        ".SH SYNOPSIS",
        ".B losscli",
        _safe("COMMAND [ARGUMENT]... [OPTION]..."),
        ".SH COMMANDS",
    ]
    for command, context in found:
        yield from _item(context.command_path, _summary(command.help))
    yield ".SH EXIT STATUS"
    for key, meaning in CODES.items():
        yield from _item(str(key), meaning.replace("`", ""))
    yield ".SH SEE ALSO"
    yield from (f".BR {_safe(_page(context))} (1)" for _, context in found)


def _command(command: Any, context: Any) -> Iterator[str]:
    """The page of a command: its help, arguments, options by panel, and examples."""
    paragraphs = [part.strip() for part in (command.help or "").split("\n\n")]
    examples = [part for part in paragraphs if part.startswith("losscli ")]
    yield from _head(_page(context), command.help)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from [
        ".SH SYNOPSIS",
        f".B {_safe(context.command_path)}",
        _safe(usage),
        ".SH DESCRIPTION",
    ]
    for part in paragraphs:
        if part not in examples:
            yield from [".PP", _safe(part)]
    shown = [param for param in command.params if not getattr(param, "hidden", False)]
    arguments = [param for param in shown if param.param_type_name == "argument"]
    if arguments:
        yield ".SH ARGUMENTS"
    for each in arguments:
        yield from _item(each.make_metavar(context), each.help or "")
    yield from _options([param for param in shown if param not in arguments])
    if examples:
        yield ".SH EXAMPLES"
    for example in examples:
        yield from [".PP", ".nf", _safe(example), ".fi"]
    yield from [".SH SEE ALSO", ".BR losscli (1)"]


def _options(options: list[Any]) -> Iterator[str]:
    panels = dict.fromkeys(option.rich_help_panel or "Options" for option in options)
    for panel in panels:
        yield f".SH {_safe(panel.upper())}"
        for each in options:
            if (each.rich_help_panel or "Options") == panel:
                default = default_of(each)
                words = " ".join(filter(None, (spelling(each), takes(each))))
                yield from _item(
                    words, f"{each.help or ''}{f' Default: {default}.' * bool(default)}"
                )


def _head(name: str, text: str | None) -> Iterator[str]:
    yield f'.TH "{name.upper()}" "1" "" "losscli {__version__}" "losscli"'
    yield from [".SH NAME", f"{_safe(name)} \\- {_safe(_summary(text).rstrip('.'))}"]


def _item(term: str, text: str) -> Iterator[str]:
    return iter((".TP", f".B {_safe(term)}", _safe(text)))


def _page(context: Any) -> str:
    return str(context.command_path).replace(" ", "-")


def _summary(text: str | None) -> str:
    return (text or "").strip().split("\n\n")[0].replace("\n", " ")


def _safe(text: str) -> str:
    """The text as roff prints it unchanged: no escapes, no request at the start of a line."""
    plain = re.sub(r"\s*\n\s*", " ", text).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain or "\\&"


def _text(lines: Iterable[str]) -> str:
    return "\n".join([*lines, ""])


def main(folder: str) -> None:
    """Write all files below a folder."""
    for name, made in (("man1", pages()), ("completions", completions())):
        (Path(folder) / name).mkdir(parents=True, exist_ok=True)
        for file, text in made.items():
            (Path(folder) / name / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
