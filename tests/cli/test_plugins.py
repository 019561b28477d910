"""Losses that installed packages offer by name."""

import json
import sys
from pathlib import Path

import pytest

from losscli.losses.spec import plugins

EXAMPLE = Path(__file__).parents[2] / "examples/quantile_huber.py"
POWER = "\ndef power(pred, target, p=2.0):\n    return abs(pred - target) ** p\n"
# Of predictions 1, 2, 3 and targets 1, 2.5, 5, by hand: q = 0.9, delta = 1, all of them too low.
QUANTILE_HUBER = 0.9 * (0.5 * 0.5**2 + (2.0 - 0.5)) / 3


def install(tmp_path, monkeypatch, package, points, **modules):
    """A package in a folder of its own, as pip leaves one."""
    folder = tmp_path / f"site-{package}"
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[losscli.losses]\n{points}\n")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(folder)


@pytest.fixture
def _fresh():
    """Packages are looked for anew, before and after."""
    plugins.plugins.cache_clear()
    yield
    plugins.plugins.cache_clear()


@pytest.mark.usefixtures("_fresh")
def test_an_installed_package_offers_a_loss_by_name(pair, losscli, tmp_path, monkeypatch):
    """Other packages are not imported for it, not even broken ones."""
    points = "quantile_huber = good_losses:quantile_huber\npow = good_losses:power"
    install(tmp_path, monkeypatch, "good-one", points,
            good_losses=EXAMPLE.read_text() + POWER)  # fmt: skip
    install(tmp_path, monkeypatch, "bad-one", "crash = bad_losses:crash", bad_losses="1 / 0")
    said = losscli(
        "eval", *pair, "-l", "quantile_huber:q=0.9", "-l", "pow + mse", "--format", "json"
    )
    assert said.code == 0, said.err
    first, second = json.loads(said.out)["losses"]
    assert first["label"] == "quantile_huber:q=0.9"
    assert first["value"] == pytest.approx(QUANTILE_HUBER, rel=1e-14)
    assert second["value"] == pytest.approx(2 * (0.25 + 4.0) / 3, rel=1e-14)
    assert first["code"][0]["path"] == "good_losses"
    assert "bad_losses" not in sys.modules
    said = losscli("eval", *pair, "-l", "crash")
    assert said.code == 2
    assert "crash of bad-one cannot be imported: ZeroDivisionError" in said.error[0]
    said = losscli("eval", *pair, "-l", "quantile_hubr")
    assert said.code == 2
    assert "did you mean quantile_huber" in said.err
    said = losscli("eval", *pair, "-l", "pow", "--no-user-code")
    assert said.code == 2


@pytest.mark.usefixtures("_fresh")
def test_a_name_that_two_packages_offer_is_exit_2(pair, losscli, tmp_path, monkeypatch):
    """And one of the catalogue is the catalogue's."""
    for package in ("one", "two"):
        install(tmp_path, monkeypatch, package, f"both = of_{package}:f\nmse = of_{package}:f")
    said = losscli("eval", *pair, "-l", "both")
    assert said.code == 2
    assert "one and two both have a loss 'both'" in said.error[0]
    assert losscli("eval", *pair, "-l", "mse").code == 0


@pytest.mark.usefixtures("_fresh")
def test_a_package_whose_entry_points_are_broken_is_a_warning(pair, losscli, tmp_path, monkeypatch):
    """With its name; others are found all the same."""
    install(tmp_path, monkeypatch, "bad-one", "no equals sign here")
    install(tmp_path, monkeypatch, "good-one", "pow = good_pow:power", good_pow=POWER)
    with pytest.warns(RuntimeWarning, match="entry points of bad-one cannot be read"):
        assert losscli("eval", *pair, "-l", "pow").code == 0
