"""Checks of a built site: its links, and what its pages load."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
_CSS = re.compile(r"""(?:url\(|@import\s)\s*["']?(?:https?:)?//[^)"'\s]+""")


class Page(HTMLParser):
    """The links of a page, what it loads, and the places in it that links lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes that name something."""
        given = {key: value or "" for key, value in attrs}
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in _LOADED and _LOADED[tag] in given and given.get("rel") not in _POINTERS:
            self.loaded.append(given[_LOADED[tag]])


_POINTERS = ("canonical", "next", "prev")  # relations that load nothing


def problems(folder: Path) -> list[str]:
    """What is wrong with the site in a folder, a line each."""
    read = {file: Page(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.html"))}
    if not read:
        return [f"{folder}: there are no pages"]
    found = [each for file in read for each in _of_page(folder, file, read)]
    for file in sorted(folder.rglob("*.css")):
        addresses = _CSS.findall(file.read_text(encoding="utf-8"))
        found += [f"{file.relative_to(folder)}: loads {address}" for address in addresses]
    return found


def _of_page(folder: Path, file: Path, read: dict[Path, Page]) -> Iterator[str]:
    page, name = read[file], file.relative_to(folder)
    for address in page.loaded:
        if re.match(r"(\w+:)?//", address):
            yield f"{name}: loads {address}"
    for link in [*page.links, *page.loaded]:
        target, anchor = urldefrag(link)
        if re.match(r"(\w+:|//)", target):
            continue
        start = folder if target.startswith("/") else file.parent
        path = unquote(target.partition("?")[0]).lstrip("/")
        place = (start / path).resolve() if path or target else file
        place = place / "index.html" if place.is_dir() else place
        if not place.is_file():
            yield f"{name}: {link} leads nowhere"
        elif place in read and unquote(anchor) not in read[place].anchors:
            yield f"{name}: {link} has no such heading"
