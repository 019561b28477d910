"""Names of losses: every name that a declaration gives leads to its loss."""

import pytest

from losscli import UsageError, evaluate, losses
from losscli.losses import catalogue, registry
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.registry import all_losses, find


def test_every_declared_name_finds_its_loss():
    """Aliases and derived statistics."""
    declared = {}
    for loss in all_losses():
        declared |= dict.fromkeys(loss.aliases, (loss, None))
        declared |= {name: (loss, name) for name, _ in loss.derived}
    assert {name: find(name) for name in declared} == declared
    assert len(declared) >= 60


def test_a_loss_is_found_because_its_file_is_there(extra_loss):
    """By its name, its alias and its derived statistic, however the file is formatted."""
    loss, statistic = find("cubed")
    assert (loss.name, loss.family, statistic) == ("cubed", "powers", None)
    assert find("third_power") == (loss, None)
    assert find("cube_root") == (loss, "cube_root")
    assert losses.cubed([3.0], [1.0]).tolist() == [8.0]
    assert evaluate([3.0], [1.0], loss="cube_root").value == 2.0
    assert "powers" in registry.families()
    assert "cubed" in {found.name for found in all_losses()}
    with pytest.raises(UsageError, match="did you mean cubed"):
        find("cubde")


CUBED = """
from losscli.losses.declare import *
cubed = Loss(name='cubed', family='powers', formula="|e|^3", latex="|e|^3", source="", flops = 3,
  values=lambda xp, p, t: xp.abs(p - t) ** 3,
  derivative = lambda xp, p, t: 3 * (p - t) * abs(p - t),
  reference=lambda mp, p, t: abs(p - t) ** 3, pred=REAL, target=REAL, use="", avoid="",
  aliases
    = ('third_power',), derived = [ ('cube_root', lambda mean: mean ** (1 / 3)), ])
"""


@pytest.fixture
def extra_loss(tmp_path, monkeypatch):
    """A folder of losses beside the catalogue's own, with one that is formatted by nobody."""
    (tmp_path / "powers").mkdir()
    (tmp_path / "powers" / "cubed.py").write_text(CUBED)
    monkeypatch.setattr(catalogue, "__path__", [*catalogue.__path__, str(tmp_path)])
    caches = (registry._files, registry.modules, registry._sources, registry._lookup)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_an_alias_imports_one_loss(process_modules):
    """Seventy imports would cost more than a small evaluation."""
    found = process_modules("from losscli.losses.registry import find; find('l1')")
    assert declared(found) == {"losscli.losses.catalogue.regression.mae"}


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("l1", "regression.mae"),
        ("l2", "regression.half_squared_error"),
        ("kl_div", "divergence.kl_div"),
    ],
)
def test_a_librarys_name_imports_few_losses(process_modules, name, loss):
    """Also where the library gives another loss the name, as optax does l2."""
    library = "torch" if name == "l1" else "optax"
    line = f"from losscli.losses.registry import find_like; find_like({name!r}, {library!r})"
    found = declared(process_modules(line))
    assert f"losscli.losses.catalogue.{loss}" in found
    assert len(found) <= 2


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_names_find_the_losses_that_declare_them(library):
    """Each leads to the loss that declares it."""
    for loss in registry.all_losses():
        for name in loss.like[library].names if library in loss.like else ():
            assert registry.find_like(name, library) == (loss, None)


def declared(found):
    """Which of some modules declare a loss."""
    families = tuple(f"losscli.losses.catalogue.{family}." for family in registry.families())
    return {name for name in found if name.startswith(families) and "._" not in name}


@pytest.fixture
def process_modules():
    """The modules that a line of Python loads."""
    import subprocess
    import sys

    def call(line):
        code = f"import sys; {line}; print(*sys.modules)"
        return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())

    return call


def test_a_metric_that_is_not_a_loss_says_so():
    """With the metric to use, whatever its case, or with the reason."""
    with pytest.raises(UsageError, match="accuracy is a metric, not a loss") as raised:
        evaluate([1], [1], loss="accuracy")
    assert raised.value.hint in ("-m accuracy", 'metric="accuracy"')
    with pytest.raises(UsageError, match="PPL is a metric, not a loss"):
        evaluate([1], [1], loss="PPL")
    with pytest.raises(UsageError, match="unknown loss 'acuracy'") as raised:
        evaluate([1], [1], loss="acuracy")
    assert "did you mean the metric" in raised.value.hint
    with pytest.raises(UsageError, match="a ratio of counts"):
        find("cohen_kappa")
    with pytest.raises(UsageError, match="did you mean smooth_l1"):
        find("smooth-l1")


def test_no_loss_is_said_to_be_another_metric():
    """A name that losses stand in for is not a name of a loss."""
    names = [n for loss in all_losses() for one in loss.instead_of for n in one.names]
    assert len(names) == len(set(names)) > 10
    assert not any(map(registry.is_known, names))
