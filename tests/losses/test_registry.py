"""Names of losses: those that are read from the text are those that are declared."""

import pytest

from losscli import UsageError
from losscli.losses import registry
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.registry import all_losses, find, modules
from losscli.losses.spec.not_losses import NOT_LOSSES


def test_other_names_are_those_of_the_declarations():
    """Aliases and derived statistics: none is missed, none is made up."""
    declared = {}
    for loss in all_losses():
        declared |= dict.fromkeys(loss.aliases, (loss.name, None))
        declared |= {name: (loss.name, name) for name, _ in loss.derived}
    assert registry._others() == declared
    assert len(declared) >= 60


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
def test_a_librarys_name_imports_one_loss(process_modules, name, loss):
    """Also where the library gives another loss the name, as optax does l2."""
    library = "torch" if name == "l1" else "optax"
    line = f"from losscli.losses.registry import find_like; find_like({name!r}, {library!r})"
    assert declared(process_modules(line)) == {f"losscli.losses.catalogue.{loss}"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_names_are_read_from_text_as_they_are_declared(library):
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


def test_what_is_no_loss_says_what_it_is():
    """Accuracy is asked for by everybody."""
    with pytest.raises(UsageError, match="zero_one is 1 − accuracy"):
        find("accuracy")
    with pytest.raises(UsageError, match="exp of the mean cross-entropy"):
        find("Perplexity")
    with pytest.raises(UsageError, match="did you mean smooth_l1"):
        find("smooth-l1")


def test_no_loss_is_said_to_be_none():
    """A name of the catalogue, or another one of a loss, is found first."""
    names = {name for names in NOT_LOSSES for name in names.split()}
    assert names.isdisjoint({*modules(), *registry._others()})
