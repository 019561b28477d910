"""`losscli` and `python -m losscli`: the version at once, everything else by the command line."""

import os
import sys


def main() -> None:
    """Run the program on the arguments of this process, and exit as the contract says."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout:
        from losscli.version import __version__

        try:
            sys.stdout.write(f"losscli {__version__}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # nobody listens, and the interpreter's own flush would complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return
    import gc
    import signal

    # A run of imports makes many objects and no garbage: collecting costs a tenth of a short run.
    gc.disable()
    # Until the program can say that it was interrupted, Ctrl-C ends it without a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from losscli.cli.app import leave, prepare, run

    prepare()
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
