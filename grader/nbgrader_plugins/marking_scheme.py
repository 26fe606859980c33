"""Shows graders, in formgrader, the marking scheme of an answer in words."""

from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from traitlets import Unicode

from grader.notebook.cells import grade_id, is_task, is_written_answer


class ShowMarkingScheme(Preprocessor):
    """Puts the marking scheme of an answer in words below the answer, on formgrader's page of a submission.

    The scheme of the answer `own_words` is the file `own_words.md` beside the week's source. (A task has its
    scheme in its own cell.) Nothing is stored: the graded notebook, from which feedback is made, stays as it
    is. Feedback comes from the same exporter, and is told apart by `submission_id`, which formgrader alone
    passes.
    """

    source_folder = Unicode("", help="The folder that holds a folder of sources for each week.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Returns the notebook, with the schemes that there are if formgrader asks."""
        if "submission_id" in resources and self.source_folder:
            folder = Path(self.source_folder) / str(resources.get("assignment_id", ""))
            nb.cells = [each for cell in nb.cells for each in (cell, *_scheme(cell, folder))]
        return nb, resources


def _scheme(cell: NotebookNode, folder: Path) -> list[NotebookNode]:
    name = grade_id(cell) or ""
    if is_task(cell) or not is_written_answer(cell) or not name.replace("-", "_").isidentifier():
        return []
    path = folder / f"{name}.md"
    return [new_markdown_cell(path.read_text(encoding="utf-8"))] if path.is_file() else []
