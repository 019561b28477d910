"""`losscli` and `python -m losscli`: the version at once, everything else by the command line."""

import _signal as signals  # type: ignore[import-not-found] # the module `signal` takes milliseconds to import
import os
import sys

# Until the program handles it, Ctrl-C ends it without a traceback: the imports take a while.
if signals.getsignal(signals.SIGINT) is signals.default_int_handler:
    signals.signal(signals.SIGINT, signals.SIG_DFL)


def main() -> None:
    """Run the program on the arguments of this process, and exit as the contract says."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout:
        from losscli.version import __version__

        try:
            sys.stdout.write(f"losscli {__version__}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # the interpreter's own flush would complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return
    import gc

    # Imports make many objects and no garbage: collecting costs a tenth of a short run.
    gc.disable()
    from losscli.cli.app import leave, prepare, run

    prepare()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
