"""Build the documentation as a static site in build/site: python docs/make_site.py.

The pages are those of docs/ and the project's own in PROJECT, and each loss has a page with its
curves, made from its declaration. Links to other files of the repository lead to its address. The
build fails on a warning of zensical, on a link that leads nowhere, and on a page that would load
anything from another host.
"""

import functools
import itertools
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from check_site import problems
from curves import curves

from losscli.losses.registry import all_losses

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
CATALOGUE = "docs/reference/losses.md"
LOSSES = "reference/losses"  # the folder of their pages
PROJECT = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "configs/README.md": "project/configs.md",
    "examples/README.md": "project/examples.md",
}
_FENCE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@functools.cache
def pages() -> dict[str, str]:
    """The path in the site of each Markdown file that is a page, by its path in the repository."""
    own = sorted((ROOT / "docs").rglob("*.md"))
    found = {each.relative_to(ROOT).as_posix(): each for each in own}
    places = {name: name.removeprefix("docs/") for name in found}
    return places | {CATALOGUE: f"{LOSSES}/index.md"} | PROJECT


def texts() -> dict[str, str]:
    """The Markdown of each page of the site, by its path there."""
    found = {}
    for source, path in pages().items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if source == CATALOGUE:
            text, sections = parted(text)
            for name, (_, section) in sections.items():
                found[_loss_page(name)] = _relinked(section, source, _loss_page(name))
        found[path] = _with_one_title(_relinked(text, source, path))
    return found


def parted(text: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """The page of all losses without its sections, and those: family and page of a loss by name."""
    index, sections, family = [], {}, ""
    for part in re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE):
        heading, _, rest = part.partition("\n")
        name = heading.lstrip("# ")
        if not heading.startswith("### "):
            family = name
            index.append(part)
            continue
        summary, _, facts = rest.strip().partition("\n\n")
        sections[name] = family, f"# {name}\n\n{summary}\n\n{curves(name)}\n\n{facts}\n"
    return "".join(index), sections


def configuration() -> str:
    """The configuration of zensical, with a page for each loss."""
    text = (ROOT / "docs/site/zensical.toml").read_text(encoding="utf-8")
    line = f'{{ "Losses" = "{LOSSES}/index.md" }}'
    before, found, after = text.partition(line)
    assert found, f"docs/site/zensical.toml has no line {line}"
    families: dict[str, list[str]] = {}
    _, sections = parted((ROOT / CATALOGUE).read_text(encoding="utf-8"))
    for name, (family, _) in sections.items():
        families.setdefault(family, []).append(f"{{ {name} = {json.dumps(_loss_page(name))} }}")
    groups = [f"{{ {json.dumps(key)} = [{', '.join(each)}] }}" for key, each in families.items()]
    return f'{before}{{ "Losses" = ["{LOSSES}/index.md", {", ".join(groups)}] }}{after}'


def stage(folder: Path) -> None:
    """Write what zensical reads: its configuration, the pages, the pictures and the style sheet."""
    shutil.rmtree(folder / "pages", ignore_errors=True)
    for path, text in texts().items():
        file = folder / "pages" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs/screens", folder / "pages/screens")
    shutil.copy(ROOT / "docs/site/site.css", folder / "pages")
    (folder / "zensical.toml").write_text(configuration(), encoding="utf-8")


def _loss_page(name: str) -> str:
    return f"{LOSSES}/{name}.md"


def _relinked(text: str, source: str, path: str) -> str:
    """The text of a page whose links lead from its place in the site.

    Code stays as it is, but for bars in cells of tables, which are escaped for GitHub alone.
    """

    def link(match: re.Match[str]) -> str:
        return f"]({_target(match[1], source, path)})"

    def code(part: str) -> str:
        return part if "\n" in part else part.replace(r"\|", "|")

    return "".join(_LINK.sub(link, part) if prose else code(part) for part, prose in _parts(text))


def _with_one_title(text: str) -> str:
    """The text with later titles one level lower: a page lists what is below its first one."""
    number = itertools.count()

    def title(match: re.Match[str]) -> str:
        return f"#{match[0]}" if next(number) else match[0]

    lower = functools.partial(re.compile("^# ", re.MULTILINE).sub, title)
    return "".join(lower(part) if prose else part for part, prose in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a text, each with True if it is prose, False if it is code."""
    end = 0
    for match in _FENCE.finditer(text):
        yield text[end : match.start()], True
        yield match[0], False
        end = match.end()
    yield text[end:], True


def _target(link: str, source: str, path: str) -> str:
    """Where a link of a page leads in the site, from the page's place there."""
    if re.match(r"\w+:", link):
        return link
    file, mark, anchor = link.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(source), file)) if file else source
    if name == CATALOGUE and _is_loss(anchor):
        place, mark, anchor = _loss_page(anchor), "", ""
    elif name in pages():
        place = pages()[name]
    elif name.startswith("docs/"):
        place = name.removeprefix("docs/")  # a picture
    else:
        return _repository(name)
    return posixpath.relpath(place, posixpath.dirname(path) or ".") + mark + anchor


@functools.cache
def _is_loss(anchor: str) -> bool:
    return any(loss.name == anchor for loss in all_losses())


def _repository(name: str) -> str:
    """The address of a file or folder of the repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kind = "tree" if (ROOT / name).is_dir() else "blob"
    return f"{project['urls']['Source']}/{kind}/main/{name}"


def main(report: Callable[[str], object] = sys.stdout.write) -> int:
    """Build the site; 1 if something is wrong with it."""
    stage(BUILD)
    shutil.rmtree(BUILD / "site", ignore_errors=True)
    zensical = Path(sys.executable).with_name("zensical")
    done = subprocess.run(
        [zensical, "build", "--clean", "--strict"], cwd=BUILD, check=False,
        env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        report(f"{done.stdout}{done.stderr}\nzensical: exit code {done.returncode}\n")
        return 1
    found = problems(BUILD / "site")
    for each in found:
        report(f"{each}\n")
    number = sum(1 for _ in (BUILD / "site").rglob("*.html"))
    report(f"build/site: {number} pages, {len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
