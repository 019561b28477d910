"""Write docs/screens/*.svg: pictures of commands on the examples, in a terminal of 80 columns.

    python docs/make_screens.py

Each command runs in a pseudo-terminal; times are removed, so that the pictures are the same each
time.
"""

import errno
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

COLUMNS = 80
FOLDER = Path(__file__).with_name("screens")
DATA = Path(__file__).parents[1] / "examples" / "diabetes"
SCREENS = {
    "eval": [
        "losscli eval ridge.npy targets.npy -l mae -l mse -l smooth_l1:beta=10",
        'losscli eval forest.npy targets.npy -l mae --max mae=46 --gate "rows >= 400"',
    ],
    "explain": ["losscli explain smooth_l1"],
}
# The web font that rich refers to is left out: a picture loads nothing.
_SVG = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name in SCREENS:
        (FOLDER / f"{name}.svg").write_text(picture(name), encoding="utf-8")


def picture(name: str) -> str:
    """The SVG of a screen."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for command in SCREENS[name]:
        console.print(Text(f"$ {command}", style="bold"), soft_wrap=True)
        console.print(Text.from_ansi(output(command)), soft_wrap=True)
    return console.export_svg(title="losscli", code_format=_SVG, unique_id=f"losscli-{name}")


def output(command: str) -> str:
    """What a terminal shows of a command, without times."""
    program = f"{shlex.quote(sys.executable)} -m losscli"
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        ["bash", "-c", command.replace("losscli", program, 1)],
        stdin=subprocess.DEVNULL, stdout=child, stderr=child, cwd=DATA, env=environment,
    )  # fmt: skip
    os.close(child)
    text = b"".join(_read(parent)).decode()
    process.wait()
    os.close(parent)
    return re.sub(r" · \d+\.\d+ s\b", "", text.replace("\r\n", "\n"))


def _read(descriptor: int) -> Iterator[bytes]:
    """The bytes until the terminal is closed, which Linux reports as an error."""
    while True:
        try:
            block = os.read(descriptor, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return
        if not block:
            return
        yield block


if __name__ == "__main__":
    main()
