"""Compiles the vector machine of losscli/kernels where there is a C compiler.

Hatch runs the hook when it makes a wheel or an editable installation; `python hatch_build.py`
compiles in place. LOSSCLI_KERNEL_BUILD is `require`, to fail where the machine cannot be compiled,
or `skip`, to install pure Python; otherwise an installation without the machine gives one line of
notice. `python hatch_build.py --mode` prints `require` if this computer can compile C for Python.
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
INCLUDE = "-I" + sysconfig.get_paths()["include"]
# No fused multiply-add and no fast mathematics: the bits must be those of every other machine.
FLAGS = (
    *("-O3", "-std=c11", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-asynchronous-unwind-tables"),
    *("-Wall", "-Wextra"),
)
DARWIN = ("-bundle", "-undefined", "dynamic_lookup")
# Without symbols and padding between pages, which are a tenth of the file.
LINUX = ("-shared", "-s", "-Wl,-z,noseparate-code")


def compiler() -> list[str]:
    """The command of a C compiler: that of CC, or one that is installed; empty if there is none."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    return [next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), "")]


def unable() -> str:
    """The reason why nothing can be compiled on this computer; empty if there is none."""
    if sys.platform == "win32" or not any(command := compiler()):
        return "there is no C compiler"
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python has no stable ABI"
    probe = (*command, INCLUDE, "-E", "-include", "Python.h", "-x", "c", os.devnull)
    try:
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return f"{command[0]} does not find Python.h and the headers of C" if done.returncode else ""


def build(target: Path, *flags: str) -> str:
    """Compile the machine to a file; return the reason where that is impossible, else nothing."""
    if reason := unable():
        return reason
    command = compiler()
    linked = DARWIN if sys.platform == "darwin" else LINUX
    sources = sorted((ROOT / MACHINE.parent / "src").glob("*.c"))
    parts = (*command, *FLAGS, *flags, *linked, INCLUDE, *map(str, sources), "-o", str(target))
    try:
        subprocess.run((*parts, "-lm"), check=True, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"{command[0]} failed:\n{error.stderr.strip()}"
    return ""


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """Compiles the machine into a wheel, or into the tree of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the machine and the tag of its platform; without one the wheel is pure Python.

        version: `editable`, or the name of another way to make a wheel.
        """
        wanted = os.environ.get("LOSSCLI_KERNEL_BUILD", "")
        if version == "editable":  # an old machine must not be taken for a new one
            (ROOT / MACHINE).unlink(missing_ok=True)
        reason = "LOSSCLI_KERNEL_BUILD=skip" if wanted == "skip" else build(ROOT / MACHINE)
        if reason and wanted == "require":
            raise RuntimeError(f"the kernels cannot be compiled: {reason}")
        if reason:
            self.app.display_warning(notice(reason))
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(MACHINE.as_posix())
        build_data |= {"pure_python": False, "tag": f"cp311-abi3-{platform}"}


def notice(reason: str) -> str:
    """The line that tells a user that NumPy computes the losses."""
    return f"losscli is installed without compiled kernels: {reason.splitlines()[0]}"


def main(arguments: list[str]) -> str | None:
    """Compile in place, or print the mode; return the message of an error."""
    if arguments == ["--mode"]:
        reason = "" if os.environ.get("CC") else unable()
        if reason:
            sys.stderr.write(f"{notice(reason)}\n")
        else:
            sys.stdout.write("require\n")
        return None
    return build(ROOT / MACHINE) or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
