"""Compiles the vector machine of losscli/kernels where there is a C compiler.

Hatch runs the hook at the end; `python hatch_build.py` compiles in place. LOSSCLI_KERNEL_BUILD is
`require`, to fail where the machine cannot be compiled, or `skip`, to install pure Python.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script
    BuildHookInterface = object

ROOT = Path(__file__).parent
MACHINE = Path("losscli", "kernels", "_machine.abi3.so")
# No fused multiply-add and no fast mathematics: the bits must be those of every other machine.
FLAGS = (
    *("-O3", "-std=c11", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"),
    *("-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"),
)


def compiler() -> list[str]:
    """The command of a C compiler: that of CC, or one that is installed; empty if there is none."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    return [next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), "")]


def build(target: Path, *flags: str) -> str:
    """Compile the machine to a file; return the reason where that is impossible, else nothing."""
    if sys.platform == "win32" or not any(command := compiler()):
        return "there is no C compiler"
    linked = (
        ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)
    )
    sources = sorted((ROOT / MACHINE.parent / "src").glob("*.c"))
    include = "-I" + sysconfig.get_paths()["include"]
    parts = (
        *command,
        *FLAGS,
        *flags,
        *linked,
        include,
        *map(str, sources),
        "-o",
        str(target),
        "-lm",
    )
    try:
        subprocess.run(parts, check=True, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"{command[0]} failed:\n{error.stderr.strip()}"
    return ""


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """Compiles the machine into a wheel, or into the tree of an editable installation."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Add the machine and the tag of its platform; without one the wheel is pure Python."""
        wanted = os.environ.get("LOSSCLI_KERNEL_BUILD", "")
        (ROOT / MACHINE).unlink(missing_ok=True)  # an old one must not be taken for a new one
        reason = "LOSSCLI_KERNEL_BUILD=skip" if wanted == "skip" else build(ROOT / MACHINE)
        if reason and wanted == "require":
            raise RuntimeError(f"the kernels cannot be compiled: {reason}")
        if reason:
            self.app.display_warning(f"losscli without compiled kernels: {reason.splitlines()[0]}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(MACHINE.as_posix())
        build_data |= {"pure_python": False, "tag": f"cp311-abi3-{platform}"}


if __name__ == "__main__":
    sys.exit(build(ROOT / MACHINE) or None)
