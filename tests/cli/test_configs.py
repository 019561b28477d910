"""The configs that come with losscli: valid, described, and the gate passes as it lies here."""

from pathlib import Path

import pytest

from losscli.commands.init import SCHEMA_LINE

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.name)
def test_a_config_is_valid_and_described(config, losscli):
    """Editors find its schema as they find that of a config that init wrote."""
    assert losscli("run", config, "--dry-run").code == 0
    assert config.read_text().splitlines()[0] == SCHEMA_LINE
    assert f"`{config.name}`" in (ROOT / "configs" / "README.md").read_text()


@pytest.mark.parametrize("name", ["ci-gate", "quickstart"])
def test_a_config_of_the_examples_passes(name, losscli):
    """All of its gates, on a fresh clone."""
    said = losscli(
        "run", ROOT / "configs" / f"{name}.yaml", "--no-save", "--set", "benches.kernels.time=0.3"
    )
    assert said.code == 0, said.out
    assert said.out.splitlines()[-1].endswith("passed; exit code 0")


def test_a_config_of_init_names_the_schema(losscli):
    """In its first line, and says how it is made."""
    assert losscli("init", "--ci", "none").code == 0
    first, second, *_ = Path("losscli.yaml").read_text().splitlines()
    assert first == SCHEMA_LINE
    assert "losscli schema > losscli.schema.json" in second
