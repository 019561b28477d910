"""Results in Python: one line as `repr`, the table as `str`, an HTML table in a notebook."""

from html.parser import HTMLParser

import pytest

import losscli
from losscli import evaluate

CELLS = [
    "import losscli\n"
    "result = losscli.evaluate([1.0, 2.0], [0.0, 0.0], loss=['mae', 'rmse'], max='mae=1')\n"
    "result",
    "losscli.explain('mae')",
    "try:\n    result.raise_on_fail()\nexcept losscli.FailError as error:\n    print(error)",
]


class Reader(HTMLParser):
    """The tags of a text in order, and the text of its cells."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "td":
            self.cells.append(data)


def evaluation(**flags):
    return evaluate([1.0, 2.0], [0.0, 0.0], loss=["mae", "rmse"], **flags)


def test_a_result_is_one_line_as_repr_and_its_table_as_str():
    """Whatever it holds."""
    result = evaluation(by={"g": ["a", "b"]}, max="mae=1")
    for each in (result, result["mae"], losscli.explain("mae"), losscli.plot("mae")):
        assert len(repr(each).splitlines()) == 1
        assert len(repr(each)) < 200
    assert repr(result) == "<Evaluation: mae 1.5, rmse 1.58114, exit code 1>"
    assert [line.split()[0] for line in str(result).splitlines()[:3]] == ["loss", "mae", "rmse"]


def test_html_is_a_table_in_which_names_are_text():
    """Tags of a label are shown, not obeyed."""
    result = evaluation()
    hostile = "<script>alert(1)</script>&amp;"
    named = result.replace(losses=(result.losses[0].replace(label=hostile),))
    read = Reader(named._repr_html_())
    assert set(read.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "div", "p", "br"}
    assert hostile in read.cells


def test_a_gate_that_failed_raises_where_it_is_asked_to():
    """What passes gives the result back."""
    assert evaluation(max="mae=9").raise_on_fail()["mae"].value == 1.5
    with pytest.raises(losscli.FailError, match=r"fail mae <= 1: over by 0\.5") as caught:
        evaluation(max="mae=1").raise_on_fail()
    assert (caught.value.exit_code, caught.value.result["mae"].value) == (1, 1.5)
    with pytest.raises(losscli.FailError, match="error gone <= 1"):
        evaluation(max="gone=1").raise_on_fail()


def test_a_notebook_shows_tables(tmp_path):
    """Executed as a notebook is: the outputs of its cells."""
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    kernel = {"name": "python3", "display_name": "Python", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    client.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": tmp_path}}
    ).execute()
    first, second, third = (cell.outputs for cell in notebook.cells)
    assert "mae" in Reader(first[0].data["text/html"]).cells
    assert first[0].data["text/plain"].startswith("<Evaluation: mae 1.5")
    assert "<pre>" in second[0].data["text/html"]
    assert third[0].text.startswith("fail mae <= 1")
