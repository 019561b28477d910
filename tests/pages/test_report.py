"""The page of `losscli report` in a browser."""

import base64
import contextlib
import io
import json
import os
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from losscli import compare, evaluate, report
from losscli.cli.app import run
from losscli.results.documents.bench import Benchmark
from tests.render.kinds import ENVIRONMENT, benchmark

SCREENS = Path(__file__).parent / "screens"
WIDTHS, SCHEMES = (390, 820, 1280), ("light", "dark")
A4 = 703  # pixels between the margins of the page
KINDS = ("eval", "compare", "bench", "run", "many")
SECTIONS = {
    "eval": ["Gates", "Losses and metrics", "Details of metrics", "Groups", "Distribution",
             "Worst rows", "Inputs", "Environment"],
    "compare": ["Comparison", "Groups", "Inputs", "Environment"],
    "bench": ["Benchmark", "Notes", "Environment"],
    "run": ["Gates", "val", "Losses", "History", "Notes", "Inputs", "val", "Environment",
            "Repeat"],
}  # fmt: skip
HIT = "window.hit=1"
HOSTILE = [
    f"<img src=x onerror={HIT}>", f"<script>{HIT}</script>", f"</script><script>{HIT}</script>",
    f"<svg/onload={HIT}>", f'"><iframe srcdoc="<script>top.{HIT}</script>">', f"javascript:{HIT}",
    f"' onmouseover='{HIT}", f"<a href=javascript:{HIT}>", "</style><style>*{display:none}",
    "<base href=http://127.0.0.1/>", "<link rel=stylesheet href=//127.0.0.1/x>",
    "<meta http-equiv=refresh content=0;url=http://127.0.0.1/>", "{{ 7*7 }}", "{% raw %}", "${7*7}",
    "]]><!--", "&lt;b&gt;&#60;", "\u202edesrever", "\x1b[31m", "a\x00b", "\ud800",
]  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A folder with a page of each kind, of the same numbers on every machine."""
    folder = tmp_path_factory.mktemp("report")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        _evaluations()
        _benchmark()
        _run()
        for kind in KINDS:
            report(f"{kind}.json", output=f"{kind}.html", title=f"A report: {kind}")
    return folder


def _evaluations():
    at = np.arange(240.0)
    target = (at * 7 % 11 > 5).astype(int)
    pred = np.clip(0.5 + (target - 0.5) * 0.7 + 0.3 * np.sin(at), 0.01, 0.99)
    by = {"region": np.array(["north", "south", "east"])[np.arange(240) % 3]}
    found = evaluate(pred, target, loss=["bce", "brier"], by=by, distribution=True, top=4,
                     metric=["ece", "accuracy:threshold=0.5", "confusion_matrix:threshold=0.5"],
                     gate=["bce <= 0.1", "bce <= 2"])  # fmt: skip
    steady = {
        "environment": ENVIRONMENT,
        "losscli": "1.0",
        "timing": found.timing.replace(wall_s=1.0),
    }
    Path("eval.json").write_text(found.replace(**steady).to_json())
    models = {"ridge": at / 99, "forest": at / 99 + 0.1 * np.cos(at), "blend": at / 98}
    found = compare(models, at / 100, loss=["mae", "mse"], by=by)
    Path("compare.json").write_text(found.replace(**steady).to_json())
    keys = {"customer": np.array([f"customer {each:04d}" for each in range(1000)])}
    evaluate(np.arange(1000.0), np.zeros(1000), loss="mae", by=keys, output="many.json")


def _benchmark():
    one = benchmark()
    rows = [row.replace(shape=(k * 1000, 10), limit_time_s=k * 8e-6, bytes=k * 80_000)
            for k in (1, 4, 16) for row in one.rows]  # fmt: skip
    found = Benchmark(rows=tuple(rows), environment=ENVIRONMENT, notes=one.notes, losscli="1.0")
    Path("bench.json").write_text(found.to_json())


def _run():
    np.save("t.npy", np.arange(9.0))
    text = "version: 1\nevals:\n  val: {preds: p.npy, targets: t.npy, losses: [mae], "
    Path("c.yaml").write_text(text + 'gates: ["mae <= 1"]}\n')
    for shift in (0.5, 2.0, None, 0.5):
        Path("p.npy").write_bytes(b"nothing")
        if shift is not None:
            np.save("p.npy", np.arange(9.0) + shift)
        with contextlib.redirect_stderr(io.StringIO()):
            run(["run", "c.yaml", "-o", "run.json"])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_logged_or_requested(browser, pages, kind):
    """Nothing but the page itself was loaded."""
    browser.open(pages / f"{kind}.html")
    assert browser.log() == []
    assert browser.run("performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("kind", SECTIONS)
def test_every_section_is_there(browser, pages, kind):
    """With something in it, and in the table of contents."""
    browser.open(pages / f"{kind}.html")
    texts = "[...document.querySelectorAll('h2, h3')].map(each => each.firstChild.data.trim())"
    assert browser.run(texts) == SECTIONS[kind]
    empty = "[...document.querySelectorAll('section')].filter(each => each.offsetHeight < 40)"
    assert browser.run(f"{empty}.length") == 0
    targets = (
        "[...document.querySelectorAll('nav a')].map(each => document.querySelector(each.hash))"
    )
    assert None not in browser.run(targets)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_fits_every_width(browser, pages, width, scheme):
    """Tables scroll within themselves; the scheme changes the colours."""
    for kind in KINDS:
        browser.open(pages / f"{kind}.html", width, scheme)
        assert browser.run("document.documentElement.scrollWidth") <= width
        colour = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (colour == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize("column", ["region", "rows", "mean"])
def test_a_click_on_a_header_sorts(browser, pages, column):
    """Upwards, then downwards; the header says so."""
    browser.open(pages / "eval.html")
    captions = browser.run("[...document.querySelectorAll('table')].map(t => t.caption?.innerText)")
    table = f"document.querySelectorAll('table')[{captions.index('bce by region')}]"
    titles = browser.run(f"[...{table}.querySelectorAll('thead tr > *')].map(h => h.textContent)")
    at = titles.index(column)
    values = f"[...{table}.tBodies[0].rows].map(row => row.cells[{at}].textContent)"
    before = browser.run(values)
    for word in ("ascending", "descending"):
        browser.run(f"{table}.tHead.rows[0].cells[{at}].querySelector('button').click()")
        found = browser.run(values)
        as_read = sorted(before, key=lambda text: text if column == "region" else float(text))
        assert found == (as_read if word == "ascending" else found)
        keys = found if column == "region" else list(map(float, found))
        assert keys == sorted(keys, reverse=word == "descending")
        assert browser.run(f"{table}.tHead.rows[0].cells[{at}].ariaSort") == word


@pytest.mark.parametrize("kind", KINDS)
def test_no_table_is_cut_in_print(browser, pages, kind):
    """On A4 every table fits its width, and is as high as its rows; PDF is made of all."""
    browser.open(pages / f"{kind}.html", A4, media="print")
    cut = """[...document.querySelectorAll('.scroll')].filter(each =>
        each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1
        ).map(each => each.textContent.slice(0, 60))"""
    assert browser.run(cut) == []
    made = browser.command("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    data = base64.b64decode(made["data"])
    assert data.startswith(b"%PDF")
    sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    height = browser.run("document.documentElement.scrollHeight")
    assert sheets >= height // 1200


def test_print_shows_the_page_as_on_paper(browser, pages):
    """Light whatever the scheme is, without contents, with the config that is folded on screen."""
    browser.open(pages / "run.html", A4, scheme="dark", media="print")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run("document.querySelector('nav').offsetHeight") == 0
    head = "document.querySelector('th button').parentElement"
    assert browser.run(f"{head}.querySelector('button').offsetHeight") == 0
    assert browser.run(f"getComputedStyle({head}, '::before').content") == '"role"'
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run("[...document.querySelectorAll('details')].every(each => each.open)")


def test_the_page_is_whole_without_scripts(browser, pages):
    """Only sorting is gone."""
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(pages / "eval.html")
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.run("document.querySelectorAll('button').length") == 0
    assert browser.run("document.querySelectorAll('svg.chart').length") >= 4


def test_hostile_texts_are_inert(browser, tmp_path, monkeypatch):
    """As names and values of groups, as columns, files, titles and configs."""
    monkeypatch.chdir(tmp_path)
    count = len(HOSTILE) * 4
    names = np.array(HOSTILE, dtype=object)[np.arange(count) % len(HOSTILE)]
    by = dict.fromkeys(HOSTILE[:3], names)
    rng = np.random.default_rng(1)
    file = "<img src=x onerror=window.hit=1>.npy".replace("/", "")
    np.save(file, rng.normal(size=count))
    evaluate(file, np.zeros(count), loss="mae", by=by, top=3, distribution=True,
             gate=["mae <= 0"], output="eval.json")  # fmt: skip
    models = {HOSTILE[0]: rng.normal(size=count), HOSTILE[4]: rng.normal(size=count)}
    compare(models, np.zeros(count), loss="mae", by=by, output="compare.json")
    report(["eval.json", "compare.json"], title=HOSTILE[2], output="page.html")
    browser.open(tmp_path / "page.html")
    moved = "document.querySelectorAll('*').forEach(e => e.dispatchEvent(new Event('mouseover')))"
    browser.run(moved)
    assert browser.run("window.hit ?? null") is None
    assert browser.log() == []
    elements = "img, iframe, object, embed, base, form, link, script[src], [onerror], [onload]"
    assert browser.run("document.querySelectorAll(arguments[0]).length", elements) == 0
    assert browser.run("document.querySelectorAll('script, style').length") == 2
    assert browser.run("document.querySelector('h1').textContent").startswith(HOSTILE[2])
    assert "7*7" in browser.run("document.body.textContent")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", SECTIONS)
def test_axe_finds_nothing_serious(browser, pages, kind, scheme):
    """Names, headings, tables, keyboard by the rules of axe-core; contrast in both schemes."""
    axe = find_spec("axe_playwright_python")
    if axe is None:
        pytest.skip("needs axe-core: pip install --no-deps axe-playwright-python==0.1.8")
    source = Path(axe.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")
    browser.open(pages / f"{kind}.html", WIDTHS[0], scheme)
    # axe leaves out the contrast of texts on gradients, which the shadows of tables are.
    flat = "document.querySelectorAll('.scroll').forEach(e => e.style.background = 'none')"
    browser.driver.execute_script(f"{source}; {flat}")
    options = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    words = "axe.run(document, arguments[0]).then(arguments[arguments.length - 1])"
    found = browser.driver.execute_async_script(words, options)
    serious = [
        (each["id"], each["nodes"][0]["html"][:90])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found["passes"]) >= (1 if options else 15)
    contrast = next(each for each in found["passes"] if each["id"] == "color-contrast")
    assert any("<td" in node["html"] for node in contrast["nodes"])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_looks_as_it_did(browser, pages, width, scheme):
    """Small pictures, compared by their mean difference: fonts differ from machine to machine.

    LOSSCLI_GOLDEN=write makes them anew.
    """
    image = pytest.importorskip("PIL.Image")
    kind = "eval" if width < 1000 else "compare"
    browser.open(pages / f"{kind}.html", width, scheme)
    height = min(browser.run("document.documentElement.scrollHeight"), 3 * width)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 150 / width}
    shot = browser.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    data = base64.b64decode(shot["data"])
    path = SCREENS / f"{kind}-{width}-{scheme}.png"
    if os.environ.get("LOSSCLI_GOLDEN") == "write":
        image.open(io.BytesIO(data)).convert("P", palette=1, colors=64).save(path, optimize=True)
    new, old = image.open(io.BytesIO(data)).convert("RGB"), image.open(path).convert("RGB")
    assert abs(new.height - old.height) <= 0.06 * old.height
    size = (30, round(30 * old.height / old.width))  # small enough that letters are grey
    pixels = [np.asarray(each.resize(size), float) for each in (new, old)]
    assert np.abs(pixels[0] - pixels[1]).mean() < 12


def test_screens_are_small():
    """All of them together, in the repository."""
    sizes = [path.stat().st_size for path in SCREENS.glob("*.png")]
    assert len(sizes) == len(WIDTHS) * len(SCHEMES)
    assert sum(sizes) < 300_000


def test_pages_of_kinds_are_documents(pages):
    """The fixtures are of the kinds that they are named for."""
    for kind in KINDS[:4]:
        document = json.loads((pages / f"{kind}.json").read_text())
        assert document["schema"] == f"losscli/{kind}/1"
