"""Texts of the product use the terms of docs/glossary.md."""

import ast
import functools
import io
import re
import tokenize
from pathlib import Path

import click
import pytest

from losscli.cli.app import program

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCES = sorted((ROOT / "losscli").rglob("*.py"))
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_NOUN_CLAUSE = re.compile(r"(What|Whether|That of|Those of|How many)\b")


@functools.cache
def avoided():
    """The words to avoid, each as a pattern, with what to write and the phrases that are fine."""
    table = GLOSSARY.read_text(encoding="utf-8").split("## Words to avoid")[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    ][2:]
    return [(_pattern(words), write, _pattern(fine)) for words, write, fine in rows]


@functools.cache
def _any_avoided():
    patterns = [pattern.pattern for pattern, _, _ in avoided()]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _pattern(words):
    """A pattern of any of some words, parted by commas; a star stands for any ending."""
    if not words:
        return re.compile("(?!)")
    each = [re.escape(word.strip()).replace(r"\*", r"\w*") for word in words.split(",")]
    return re.compile(rf"\b(?:{'|'.join(each)})\b".replace(r"\ ", r"\s+"), re.IGNORECASE)


def faults(text):
    """The words of a text that are to be avoided, with what to write."""
    text = text.replace("None", "")  # Python's: "is None" is code
    if not _any_avoided().search(text):
        return
    for pattern, write, fine in avoided():
        for match in pattern.finditer(fine.sub("", text)):
            yield f"{match.group()!r}: write {write}"


def docstrings(tree):
    """The docstrings of a module, its classes and functions, with the lines where they begin."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr):
            value = node.body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, value.value


def strings(tree):
    """The string literals of a module, docstrings and parts of f-strings included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def comments(text):
    """The comments of a module; a mark for a tool is none."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# (noqa|type:|fmt:)", token.string):
            yield token.start[0], token.string


def names(tree):
    """The names that a module defines, as words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = node.name
        elif isinstance(node, ast.arg):
            found = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found = node.id
        else:
            continue
        yield node.lineno, re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", found)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_comments_and_names_use_the_terms_of_the_glossary(path):
    """Messages, help, docstrings, comments, names of functions, classes and variables."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    texts = [*strings(tree), *comments(text), *names(tree)]
    found = [f"line {line}: {fault}" for line, each in texts for fault in faults(each)]
    for line, docstring in docstrings(tree):
        if _NOUN_CLAUSE.match(docstring):
            found.append(f"line {line}: begins with {docstring.split()[0]!r}")
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_documentation_uses_the_terms_of_the_glossary(path):
    """The glossary's own table is what names the words."""
    text = path.read_text(encoding="utf-8").split("## Words to avoid")[0]
    lines = enumerate(text.splitlines(), 1)
    found = [f"line {number}: {fault}" for number, line in lines for fault in faults(line)]
    assert not found, "\n".join(found)


def _commands(command, name):
    yield name, command
    for each, part in getattr(command, "commands", {}).items():
        yield from _commands(part, f"{name} {each}")


def test_the_help_of_every_command_uses_the_terms_of_the_glossary():
    """As it is rendered, on a wide screen."""
    found = []
    for name, command in _commands(program(), "losscli"):
        with click.Context(command, info_name=name) as context:
            texts = [command.help or "", command.short_help or ""]
            texts += [getattr(each, "help", None) or "" for each in command.get_params(context)]
        found += [f"{name}: {fault}" for text in texts for fault in faults(text)]
    assert not found, "\n".join(found)


def test_words_to_avoid_are_recognised():
    """With their endings, and not inside another word or a phrase that is fine."""
    assert list(faults("'x' is no number")) == ["'is no': write is not a"]
    assert list(faults("what offends, Offence")) == [
        "'offends': write violate, violation, invalid value",
        "'Offence': write violate, violation, invalid value",
    ]
    assert not list(faults("there is no number; it is no longer one; recommend, plane, besides"))
