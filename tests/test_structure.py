"""The layout of the code: modules at the root, cycles of imports, lengths of functions."""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST, LONG, SHARE = 60, 20, 0.9  # lines of a function; 90 % have at most 20


@functools.cache
def modules():
    """The syntax tree of each module, by its dotted name."""
    found = {}
    for path in sorted((ROOT / "losscli").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@functools.cache
def imports(name):
    """The modules that a module imports from, in functions too; a package for all its own."""
    found = set()
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("losscli"):
            for each in node.names:
                full = f"{node.module}.{each.name}"
                found.add(full if full in modules() else node.module)
    return found & modules().keys() - {"losscli"}


def reachable(name):
    """All modules that a module imports, directly or by others."""
    seen, todo = set(), [name]
    while todo:
        new = imports(todo.pop()) - seen
        seen |= new
        todo += new
    return seen


def functions():
    """The lines of each function, docstring included, by module and name; shortest first."""
    return sorted(
        (node.end_lineno - node.lineno + 1, name, node.name)
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_the_root_names_the_program():
    """Everything else is in a package."""
    found = sorted(path.name for path in (ROOT / "losscli").glob("*.py"))
    assert found == ["__init__.py", "__main__.py", "errors.py", "version.py"]


def test_no_module_imports_itself_by_others():
    """Imports inside functions count: they are no way around a cycle."""
    assert not sorted(name for name in modules() if name in reachable(name))


def test_functions_are_short():
    """None is over 60 lines, and nine of ten have at most 20."""
    found = functions()
    assert not [each for each in found if each[0] > LONGEST]
    assert found[int(SHARE * len(found))][0] <= LONG


def test_files_that_the_docs_name_exist():
    """In the README, in docs/, and in CONTRIBUTING.md; the changelog speaks of the past."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    named = re.compile(r"\b(?:losscli|tests|benchmarks|docs|examples)/[\w/.-]+\.(?:py|md)\b")
    found = {(page.name, path) for page in pages for path in named.findall(page.read_text("utf-8"))}
    assert found
    assert not {(page, path) for page, path in found if not (ROOT / path).exists()}
