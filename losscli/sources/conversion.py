"""Lines of Python that convert files, as a shell runs them."""


def python_line(code: str) -> str:
    """The command that runs some code in Python.

    >>> print(python_line("print('a')"))
    python -c "print('a')"
    """
    if not set(code) & set('"$`\\!'):
        return f'python -c "{code}"'  # as every shell reads it, those of Windows too
    from shlex import quote

    return f"python -c {quote(code)}"


def loaded(path: str) -> str:
    """The code that loads an array with NumPy, of a file or of `FILE:NAME`."""
    from losscli.sources.references import split_reference

    file, name = split_reference(path)
    return f"numpy.load({file!r})" + (f"[{name!r}]" if name else "")


def other_name(name: str, path: str) -> str:
    """A name for what is written in the current folder, unless it is that of the file read.

    >>> other_name("array.npy", "data/array.npy")
    'new-array.npy'
    """
    return f"new-{name}" if path.endswith(name) else name
