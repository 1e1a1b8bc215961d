"""Directives whose content is made when the documentation is built, so that it is never stale.

``.. live::``
    A session, shown with what it prints *now*. The output in the source is what pytest checks:
    parts that change with the weights are ``...`` there. Sessions of a page share their names.
``.. model-card:: NAME``
    The card of weights that come with astrocnn.
``.. command:: ARGUMENTS``
    What ``astrocnn ARGUMENTS`` prints.

An error in any of them is an error of the build.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import warnings

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

_COMMAND = "import sys; from astrocnn.cli import main; sys.exit(main())"


class Live(SphinxDirective):
    """Run statements and show them with their output."""

    has_content = True

    def run(self):
        """Return one literal block."""
        from astrocnn.networks import find_weights, weights_names

        for name in weights_names():  # other weights, other output
            self.env.note_dependency(str(find_weights(name)))
        names, folder = self.env.temp_data.setdefault(
            "live", ({"__name__": "live"}, tempfile.TemporaryDirectory())
        )
        try:
            with contextlib.chdir(folder.name):
                shown = run_session("\n".join(self.content), names)
        except Exception as error:
            raise self.error(f"{type(error).__name__}: {error}") from error
        return [nodes.literal_block(shown, shown, language="pycon")]


def run_session(source, names):
    """Run the examples of a session; return it with what they print now."""
    from astrocnn.exceptions import AstrocnnWarning

    shown = []
    source = re.sub(r" *# doctest:.*", "", source)
    for example in doctest.DocTestParser().get_examples(source):
        first, *more = example.source.rstrip().split("\n")
        shown += [">>> " + first] + ["... " + line for line in more]
        output = io.StringIO()
        with (
            contextlib.redirect_stdout(output),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            exec(compile(example.source, "<live>", "single"), names)
        shown += [
            f"{warning.category.__name__}: {warning.message}"
            for warning in caught
            if issubclass(warning.category, AstrocnnWarning)
        ]
        shown += [line.rstrip() for line in output.getvalue().rstrip().splitlines()]
    return "\n".join(shown)


class ModelCard(SphinxDirective):
    """Show the card in a model archive."""

    required_arguments = 1

    def run(self):
        """Return a field list and a table of scores."""
        from astrocnn.networks import file_hash, find_weights, read_description

        path = find_weights(self.arguments[0])
        self.env.note_dependency(str(path))
        found = read_description(self.arguments[0])
        card = dict(found.card)
        scores = card.pop("scores", {})
        card.pop("name", None)
        file = (
            f"``{path.name}``, {path.stat().st_size / 1e6:.1f} MB, "
            f"SHA-256 ``{file_hash(path)[:16]}...``"
        )
        rows = {
            "bands": ", ".join(found.bands),
            "classes": ", ".join(found.classes),
            "network": found.network,
            "input": f"{found.pixels} x {found.pixels} pixels on {found.size:g} arcmin",
            "preprocessing": found.preprocessing,
            **card,
        }
        lines = [
            # A command is shown as typed: two hyphens would become a dash.
            f":{_words(name)}: " + (f"``{value}``" if name == "command" else _plain(value))
            for name, value in rows.items()
        ]
        lines += [f":file: {file}", "", *_score_table(scores)]
        return self.parse_text_to_nodes(StringList(lines, source="model card"))


def _plain(value):
    """A value of a card in one line, safe in a page."""
    if isinstance(value, dict):
        return "; ".join(f"{_words(key)} {_plain(v)}" for key, v in value.items())
    if isinstance(value, list | tuple):
        text = all(isinstance(item, str) and len(item) > 20 for item in value)
        return ("; " if text else ", ").join(_plain(item) for item in value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def _words(name):
    """The name of an entry of a card."""
    return _plain(str(name).replace("_", " "))


def _score_table(scores):
    """Scores with their intervals."""
    rows = {name: row for name, row in scores.items() if isinstance(row, list | tuple)}
    if not rows:
        return []
    table = [".. list-table::", "   :header-rows: 1", ""]
    for row in (["score", "value", "interval"], *([k, *_numbers(v)] for k, v in rows.items())):
        table += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
    return table


def _numbers(row):
    value, low, high = row
    return [f"{value:.3f}", f"{low:.3f} to {high:.3f}"]


class Command(SphinxDirective):
    """Run ``astrocnn ARGUMENTS`` and show what it prints."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return one literal block."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", _COMMAND, *shlex.split(self.arguments[0])],
                env=os.environ | {"COLUMNS": "90", "NO_COLOR": "1"},
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode:
            raise self.error(f"astrocnn {self.arguments[0]}: {done.stderr.strip()[-500:]}")
        text = f"$ astrocnn {self.arguments[0]}\n{done.stdout.rstrip()}"
        return [nodes.literal_block(text, text, language="none")]


def setup(app):
    """Register the directives."""
    app.add_directive("live", Live)
    app.add_directive("model-card", ModelCard)
    app.add_directive("command", Command)
    return {"parallel_read_safe": True}
