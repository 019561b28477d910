"""What the shell completes: words, devices, losses, columns of a named table, saved results."""

from pathlib import Path

import pytest
import shellingham


@pytest.fixture
def completed(process):
    """The completions of a command line; the last word is incomplete, and may be empty."""

    def call(typed):
        words = typed.split(" ")
        said = process(
            _LOSSCLI_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1)
        )
        assert said.err == ""
        return said.out.split()

    return call


WORDS = {
    "losscli eval --format j": ["json", "junit"],
    "losscli eval --nan ": ["error", "skip", "mask", "propagate"],
    "losscli eval --like ": ["torch", "keras", "sklearn", "optax", "trl", "liger"],
    "losscli eval --backend t": ["torch"],
    "losscli eval --device c": ["cpu", "cuda", "cuda:0"],
    "losscli eval -l smooth": ["smooth_l1"],
    "losscli eval -m acc": ["accuracy"],
    "losscli eval -m f1:av": ["f1:average="],
    "losscli explain top_k": ["top_k_accuracy"],
    "losscli bench --pass f": ["forward", "forward+backward"],
    "losscli bench --impl nump": ["numpy"],
    "losscli list regr": ["regression"],
    "losscli diff old.json new.json --fail-on ": ["worse", "slower", "undecided"],
    "losscli schema --format ": ["json"],
    "losscli ev": ["eval"],
}


@pytest.mark.parametrize(("typed", "words"), WORDS.items(), ids=WORDS)
def test_the_words_of_a_flag_are_completed(completed, typed, words):
    """They are those that its declaration names."""
    assert completed(typed) == words


def test_the_columns_of_a_named_table_are_completed(completed, table):
    """Its header is read; after a comma another column follows."""
    table("y_hat,y,region\n1,2,a\n", "t.csv")
    assert completed("losscli eval t.csv --pred ") == ["y_hat", "y", "region"]
    assert completed("losscli eval t.csv --pred y_hat --target y") == ["y_hat", "y"]
    assert completed("losscli eval t.csv --by region,y_") == ["region,y_hat"]
    assert completed("losscli eval gone.csv --pred ") == []


def test_saved_results_are_completed(completed):
    """By the name of a config, and file by file."""
    Path("results/gate").mkdir(parents=True)
    Path("results/gate/latest.json").write_text("{}")
    assert completed("losscli bless ga") == ["gate", "gate/latest.json"]
    assert completed("losscli results show gate/") == ["gate/latest.json"]
    assert completed("losscli results list ") == ["gate"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_the_script_of_a_named_shell_needs_no_shell(losscli, monkeypatch, shell):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("sh", "/bin/sh"))
    said = losscli("--show-completion", shell)
    assert (said.code, said.err) == (0, "")
    assert "_LOSSCLI_COMPLETE" in said.out


def _no_shell():
    raise shellingham.ShellDetectionFailure


@pytest.mark.parametrize("found", [lambda: ("sh", "/bin/sh"), _no_shell])
@pytest.mark.parametrize("flag", ["--show-completion", "--install-completion"])
def test_completion_of_the_running_shell_says_to_name_one(losscli, monkeypatch, flag, found):
    monkeypatch.setattr("shellingham.detect_shell", found)
    said = losscli(flag)
    assert said.code == 2
    assert f"losscli {flag} bash" in said.err


def test_completion_of_an_unknown_shell_lists_those_there_are(losscli):
    said = losscli("--show-completion=tcsh")
    assert said.code == 2
    assert "'tcsh'" in said.err
    assert "bash, zsh, fish" in said.err


def test_completion_is_installed_for_the_shell_that_runs(losscli, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    said = losscli("--install-completion")
    assert (said.code, said.err) == (0, "")
    assert str(tmp_path) in said.out
    assert any("LOSSCLI" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())
