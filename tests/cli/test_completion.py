"""What the shell completes: words, devices, losses, columns of a named table, saved results."""

from pathlib import Path

import pytest


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
    "losscli eval --like ": ["torch", "keras", "sklearn", "optax"],
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
