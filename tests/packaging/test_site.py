"""The documentation site: pages, links, curves of losses, and the check of a build."""

import importlib
import posixpath
import re
import tomllib

import pytest

from losscli.losses.registry import all_losses
from tests.packaging.test_files import PROJECT, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
PAGE = '<html><body><h1 id="top">x</h1>{}</body></html>'


@pytest.fixture(scope="module")
def site():
    """The scripts of docs/, importable by their names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        yield importlib.import_module


@pytest.fixture(scope="module")
def texts(site):
    """The Markdown of every page of the site, by its path there."""
    return site("make_site").texts()


def leaves(menu):
    """The paths in a menu."""
    for entry in menu:
        if isinstance(entry, str):
            yield entry
        else:
            for inside in entry.values():
                yield from leaves([inside] if isinstance(inside, str) else inside)


def anchors(text):
    """The anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings} | {""}


def test_every_page_is_in_the_menu_once(site, texts):
    """A page that is not can be found by its links alone."""
    menu = list(leaves(tomllib.loads(site("make_site").configuration())["project"]["nav"]))
    assert sorted(menu) == sorted(texts)


def test_every_link_leads_to_a_page_and_a_heading(texts):
    """From the place of the page in the site; pictures are files of docs/."""
    for path, text in texts.items():
        for link in LINK.findall(re.sub(CODE, "", text)):
            target, _, anchor = link.partition("#")
            if re.match(r"\w+:", target):
                continue
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target or path))
            place = path if not target else place
            if place not in texts:
                assert (ROOT / "docs" / place).is_file(), f"{path} links to {link}"
            else:
                assert anchor in anchors(texts[place]), f"{path} links to {link}"


def test_a_page_has_one_title(texts):
    """Its contents are listed below it; comments in code stay as they are."""
    for path, text in texts.items():
        assert len(re.findall("^# ", CODE.sub("", text), re.MULTILINE)) == 1, path
    assert "\n## Intervals of evaluations\n" in texts["statistics.md"]
    assert "\n# losscli.yaml\n" in texts["tutorials/ci.md"]


def test_bars_in_code_are_not_escaped(texts):
    """GitHub drops the backslash in a table; the site would show it."""
    assert "`error|skip|mask|propagate`" in texts["reference/commands.md"]
    assert [path for path, text in texts.items() if re.search(r"`[^`\n]*\\\|[^`\n]*`", text)] == []


def test_links_to_code_lead_to_the_repository(texts):
    """Whose address is in pyproject.toml alone."""
    source = PROJECT["urls"]["Source"]
    assert f"]({source}/blob/main/examples/kernels.py)" in texts["tutorials/kernel.md"]
    found = re.findall(rf"{re.escape(source)}/(?:blob|tree)/main/([^)\s]+)", str(texts))
    assert found
    assert [name for name in found if not (ROOT / name).exists()] == []


def test_a_loss_has_a_page_with_its_curves(texts):
    """And what the page of all losses says of it; that one has the tables alone."""
    index = texts["reference/losses/index.md"]
    assert "\n### " not in index
    for loss in all_losses():
        text = texts[f"reference/losses/{loss.name}.md"]
        assert f"]({loss.name}.md)" in index
        assert text.startswith(f"# {loss.name}\n")
        assert f'aria-label="loss of {loss.name}"' in text
        assert "| source |" in text


def test_a_curve_is_interrupted_where_it_leaves_the_picture(site):
    """Steep losses go out at the top; no part of the line is along the edge."""
    drawn = site("curves").curves("mse")
    (steps, slope) = re.findall(r'd="(M[^"]*)" class="curve"', drawn)
    places = [tuple(map(float, each.split())) for each in re.split("[ML]", steps)[1:]]
    across = [x for x, _ in places]
    assert across == sorted(across)
    assert max(y for _, y in places) == pytest.approx(places[len(places) // 2][1], abs=0.2)
    assert slope.count("M") == 1
    assert ">pred - target</text>" in drawn
    broken = re.findall(r'd="(M[^"]*)" class="curve"', site("curves").curves("mape"))
    assert all("nan" not in steps and "inf" not in steps for steps in broken)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="other.html#top">x</a><a href="/other.html">x</a><a href="#top">x</a>', None),
        ('<a href="https://example.org">x</a><link rel="canonical" href="https://e.org">', None),
        ('<a href="none.html">x</a>', "index.html: none.html leads nowhere"),
        ('<a href="other.html#none">x</a>', "index.html: other.html#none has no such heading"),
        ('<a href="#none">x</a>', "index.html: #none has no such heading"),
        ('<img src="none.png">', "index.html: none.png leads nowhere"),
        ('<script src="https://cdn.org/x.js"></script>', "index.html: loads https://cdn.org/x.js"),
        ('<link rel="stylesheet" href="//cdn.org/x.css">', "index.html: loads //cdn.org/x.css"),
    ],
)
def test_a_build_is_checked(site, tmp_path, body, problem):
    """Links that lead nowhere, and what a page would load from another host."""
    (tmp_path / "index.html").write_text(PAGE.format(body))
    (tmp_path / "other.html").write_text(PAGE.format(""))
    assert site("check_site").problems(tmp_path) == ([problem] if problem else [])


def test_style_sheets_load_nothing_from_other_hosts(site, tmp_path):
    """Fonts above all."""
    (tmp_path / "index.html").write_text(PAGE.format(""))
    (tmp_path / "a.css").write_text("@font-face { src: url('https://fonts.org/a.woff2') }")
    (tmp_path / "b.css").write_text("p { background: url(data:image/png;base64,AA==) }")
    assert len(site("check_site").problems(tmp_path)) == 1
    assert site("check_site").problems(tmp_path / "none") != []
