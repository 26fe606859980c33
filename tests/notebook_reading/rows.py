"""The rows of the handbook's table of edits. Examples are edits of a perfect notebook."""

from nbformat import NotebookNode

from . import edits as do
from .edits import (
    Row,
    append,
    both,
    copied,
    delete,
    insert,
    merged,
    moved,
    own,
    prepend,
    split,
    split_before,
    written_anew,
)


def _texts_gone(notebook: NotebookNode) -> None:
    notebook.cells = [
        each for each in notebook.cells if each.cell_type == "code" or each.metadata.get("nbgrader")
    ]


def _demonstrations_edited(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        if "look" in each.metadata.get("tags", ()):
            each.source = "raise RuntimeError('tried something else here')"


def _names_renamed(notebook: NotebookNode) -> None:
    do.cell(notebook, "causal_mask").metadata.nbgrader.grade_id = "my_mask"


def _old_outputs(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        if each.cell_type == "code":
            each.outputs = [{"output_type": "stream", "name": "stderr", "text": "an old warning"}]
            each.execution_count = 7


def _spaces_at_ends(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        each.source = "\n".join(f"{line}  " for line in each.source.split("\n")) + "\n\n"


def _no_brackets(notebook: NotebookNode) -> bytes:
    return b"\xef\xbb\xbf" + do.as_bytes(notebook)


_SLOW = tuple(own(f"import time\ntime.sleep(3)\nslow_{number} = 1") for number in range(4))

ROWS = (
    Row(
        "a cell is split",
        (
            ("an answer in the middle of a function", split_before("causal_mask", "return")),
            ("a class in its middle", split_before("AttentionHead", "def forward")),
            (
                "an answer below its function",
                both(append("causal_mask", "\nCHECKED = True"), split_before("causal_mask", "CHECKED")),
            ),
            (
                "the second half begins with a magic",
                both(append("causal_mask", "%%time\n1 + 1"), split_before("causal_mask", "%%time")),
            ),
            (
                "a cell of one's own between the halves",
                both(
                    prepend("causal_mask", "BIG = 4\n"),
                    split("causal_mask", 2),
                    lambda notebook: notebook.cells.insert(
                        do.place(notebook, "causal_mask") + 1, own("BIGGER = BIG + 1")
                    ),
                ),
            ),
            (
                "three parts",
                both(
                    append("causal_mask", "\nA = 1"),
                    split_before("causal_mask", "A = 1"),
                    split_before("causal_mask", "return"),
                ),
            ),
            ("a check", split("check_causal_mask", 0)),
        ),
    ),
    Row(
        "a cell is copied",
        (
            ("an answer, below it", copied("causal_mask")),
            ("an answer, to the end", copied("causal_mask", do.END)),
            ("an answer, to the top", copied("AttentionHead", 0)),
            ("a check", copied("check_causal_mask")),
            ("the set-up, to the end", copied("set_up", do.END)),
            ("a stub kept above", both(copied("causal_mask"), do.released_again("causal_mask"))),
        ),
    ),
    Row(
        "an answer is deleted and written anew",
        (
            ("in its place", written_anew("causal_mask")),
            ("below its check", written_anew("causal_mask", where="check_causal_mask")),
            ("at the end", written_anew("project_qkv", where="check_padding_aware_pattern")),
            (
                "in a cell above the stub",
                both(
                    insert("set_up", own(do.week05.answers()["shape_table"])),
                    do.released_again("shape_table"),
                ),
            ),
            (
                "below the check, the stub left",
                both(
                    insert("check_causal_mask", own(do.week05.answers()["causal_mask"])),
                    do.released_again("causal_mask"),
                ),
            ),
            ("all in one cell at the end", do.all_in_one),
        ),
    ),
    Row(
        "cells are merged",
        (
            (
                "two answers, by the first's name",
                merged("attention_scores", "causal_mask", "attention_scores"),
            ),
            ("two answers, by the second's name", merged("attention_scores", "causal_mask", "causal_mask")),
            ("an answer with its check", merged("causal_mask", "check_causal_mask", "causal_mask")),
            ("an answer into its check", merged("causal_mask", "check_causal_mask", "check_causal_mask")),
            ("an answer into the set-up", merged("set_up", "project_qkv", "set_up")),
        ),
    ),
    Row(
        "cells are moved",
        (
            ("an answer to the end", moved("causal_mask", -1)),
            ("an answer to the top", moved("causal_mask", 0)),
            ("a check to the top", moved("check_causal_mask", 0)),
            (
                "an answer, its helper and its check to the end",
                both(
                    do.with_helper("causal_mask", behind=False),
                    lambda notebook: notebook.cells.append(
                        notebook.cells.pop(do.place(notebook, "causal_mask") - 1)
                    ),
                    moved("causal_mask", -1),
                    moved("check_causal_mask", -1),
                ),
            ),
        ),
    ),
    Row(
        "helpers in cells of one's own",
        (
            ("above the answer", do.with_helper("causal_mask", behind=False)),
            ("between answer and check", do.with_helper("causal_mask", behind=True)),
            (
                "in a copy of a demonstration",
                do.with_helper("set_up", behind=True, tags=["look", "raises-exception"]),
            ),
            (
                "in the cell of another answer",
                both(do.with_helper("causal_mask", behind=False), copied("causal_mask")),
            ),
            (
                "that end in an error",
                both(do.with_helper("causal_mask", behind=False), insert("set_up", own("1 / 0"))),
            ),
        ),
    ),
    Row(
        "lines are added to the set-up or to a check",
        (
            (
                "an import",
                both(append("set_up", "import itertools"), prepend("causal_mask", "_ = itertools.count()")),
            ),
            (
                "a helper",
                both(append("set_up", "def four():\n    return 4"), prepend("causal_mask", "_ = four()")),
            ),
            ("a magic", append("set_up", "%load_ext autoreload\n%autoreload 2")),
            ("a print in a check", append("check_causal_mask", "print(causal_mask(torch.zeros(3, 3)))")),
        ),
    ),
    Row(
        "magics and shell commands in an answer's cell",
        (
            ("%matplotlib inline", prepend("causal_mask", "%matplotlib inline")),
            ("%config", prepend("causal_mask", "%config InlineBackend.figure_format = 'retina'")),
            ("%%time", prepend("causal_mask", "%%time")),
            ("%timeit", append("causal_mask", "%timeit -n1 -r1 causal_mask(torch.zeros(3, 3))")),
            ("!pip", prepend("causal_mask", "!pip install einops\nfiles = !ls")),
            ("one that there is not", prepend("causal_mask", "%no_such_magic")),
        ),
    ),
    Row(
        "imports of what is not there where work is graded",
        (
            ("plots", prepend("causal_mask", "import matplotlib.pyplot as plt\nimport seaborn as sns")),
            ("tables", prepend("causal_mask", "import pandas as pd")),
            ("a forbidden one, unused", prepend("causal_mask", "from transformers import GPT2Tokenizer")),
            ("in the set-up", append("set_up", "import matplotlib.pyplot as plt\nimport pandas\nHERE = 1")),
        ),
    ),
    Row(
        "code that waits for a person",
        (
            ("input()", prepend("causal_mask", "name = input('Your name? ')")),
            ("getpass", prepend("causal_mask", "from getpass import getpass\ntoken = getpass()")),
            ("breakpoint() in the cell", prepend("causal_mask", "breakpoint()")),
            (
                "pdb in the function",
                lambda notebook: setattr(
                    do.cell(notebook, "shape_table"),
                    "source",
                    do.cell(notebook, "shape_table").source.replace(
                        "    tokens =", "    import pdb; pdb.set_trace()\n    breakpoint()\n    tokens =", 1
                    ),
                ),
            ),
            ("%debug", append("causal_mask", "%debug\n%pdb on")),
        ),
    ),
    Row(
        "programs and threads",
        (
            (
                "subprocess",
                prepend("causal_mask", "import subprocess\nsubprocess.run(['nvidia-smi', '-L'], check=True)"),
            ),
            ("os.system", prepend("causal_mask", "import os\nos.system('ls')")),
            (
                "threads of PyTorch",
                insert(
                    "set_up", own("import torch\ntorch.set_num_threads(64)\ntorch.set_num_interop_threads(8)")
                ),
            ),
        ),
    ),
    Row(
        "a line in an answer's cell that ends in an error",
        (
            ("above it", prepend("causal_mask", "1 / 0")),
            ("below it", append("causal_mask", "undefined_name")),
            ("exit()", append("causal_mask", "exit()")),
            ("an assert", append("causal_mask", "assert causal_mask(torch.zeros(2, 2)) is None")),
        ),
    ),
    Row(
        "cells of one's own that end the kernel",
        (
            ("once", insert("check_causal_mask", own("import os; os._exit(1)"))),
            ("with a helper in them", do.with_helper("causal_mask", behind=False)),
            ("an answer's own last line", append("causal_mask", "import os; os._exit(1)")),
        ),
    ),
    Row("slow cells of one's own", (("four experiments", insert("check_causal_mask", *_SLOW)),)),
    Row(
        "cells of one's own below the last check",
        (
            ("slow", insert("check_padding_aware_pattern", *_SLOW)),
            ("failing", insert("check_padding_aware_pattern", own("1 / 0"))),
            (
                "ending the kernel",
                insert("check_padding_aware_pattern", own("import os; os._exit(1)"), own("2")),
            ),
        ),
    ),
    Row(
        "other editors",
        (
            ("Google Colab", do.colab),
            ("Kaggle", do.kaggle),
            ("VS Code", do.vs_code),
            ("Deepnote, which keeps no names", do.deepnote),
            ("jupytext", do.jupytext_pair),
            ("jupytext, which keeps no metadata", do.jupytext_bare),
        ),
    ),
    Row(
        "names are lost",
        (
            ("all metadata of cells", do.without_names),
            ("metadata and ids", both(do.without_names, do.without_ids)),
            ("metadata, ids and all texts", both(_texts_gone, do.without_names, do.without_ids)),
            ("one is renamed", _names_renamed),
            ("one is renamed, without ids", both(_names_renamed, do.without_ids)),
        ),
    ),
    Row(
        "other formats of the file",
        (
            ("nbformat 3", do.format_3),
            ("nbformat 4.4", do.without_ids),
            ("lines that end with CR LF", do.crlf),
            ("spaces and blank lines at the ends", _spaces_at_ends),
            ("a byte order mark", _no_brackets),
            ("old outputs", _old_outputs),
        ),
    ),
    Row(
        "checks, texts and demonstrations are deleted or edited",
        (
            ("a check deleted", delete("check_causal_mask")),
            (
                "a check's call taken out",
                lambda notebook: setattr(do.cell(notebook, "check_causal_mask"), "source", "pass"),
            ),
            ("the set-up deleted", delete("set_up")),
            ("texts deleted", _texts_gone),
            ("demonstrations edited", _demonstrations_edited),
        ),
    ),
    Row(
        "an answer is deleted",
        (("and not written anew", delete("shape_table")),),
        points=do.NOTHING_LOST - 8,
        lost=frozenset({"shape_table"}),
    ),
    Row(
        "pictures in the answer in words",
        (
            ("with a title", do.picture("a.png", '![x](attachment:a.png "A title")')),
            ("named with umlauts", do.picture("Übung 1.png", "![x](attachment:%C3%9Cbung%201.png)")),
            ("whose name is written as it is", do.picture("Übung 1.png", "![x](<attachment:Übung 1.png>)")),
            ("that are not there", do.picture("a.png", "![x](attachment:b.png)")),
        ),
    ),
)
EXAMPLES = [(row, name, edit) for row in ROWS for name, edit in row.edits]

IN_WORDS = (
    "the answer in words stands in a cell of one's own",
    "the answer in words is split",
    "the answer in words is emptied",
)
"""The handbook's rows on answers in words: `test_words` has their examples."""
