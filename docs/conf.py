"""Configuration of Sphinx.

The build needs no network. With ``ASTROCNN_DOCS_INTERSPHINX=1`` names of other packages (astropy,
numpy ...) are links to their documentation, which has to be reachable then.
"""

import logging
import os
import re
import sys
from importlib.metadata import version as _version
from pathlib import Path

from sphinx_astropy.conf.v2 import *

import astrocnn

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "astrocnn"
author = "astrocnn developers"
project_copyright = f"2026, {author}"
release = _version("astrocnn")
version = ".".join(release.split(".")[:2])

html_title = f"astrocnn {release}"
html_theme_options |= {"show_nav_level": 1, "navigation_with_keys": False}
html_static_path = ["_static"]

# Figures and shown output are made by the build, offline.
extensions += ["matplotlib.sphinxext.plot_directive", "live"]
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 120)]
plot_rcparams = {"savefig.bbox": "tight", "figure.max_open_warning": 0}
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
astrocnn.conf.progress = False
logging.getLogger("tensorflow").setLevel(logging.ERROR)

automodapi_inheritance_diagram = False  # these need Graphviz
autodoc_typehints = "none"  # types are in the docstrings, with shapes and units

if os.environ.get("ASTROCNN_DOCS_INTERSPHINX"):
    intersphinx_mapping |= {
        "astroquery": ("https://astroquery.readthedocs.io/en/latest/", None),
        "healpy": ("https://healpy.readthedocs.io/en/latest/", None),
        "regions": ("https://astropy-regions.readthedocs.io/en/stable/", None),
        "reproject": ("https://reproject.readthedocs.io/en/stable/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
        "xarray": ("https://docs.xarray.dev/en/stable/", None),
    }
else:
    intersphinx_mapping = {}

# A full name of ours (`astrocnn.surveys.Band`) that does not exist is an error. Names of other
# packages need not be reachable, nor sub-packages that have no page in the reference yet.
nitpicky = True
_pages = {page.stem for page in Path(__file__).parent.glob("reference/*.rst")}
_without_page = "|".join(sorted(set(astrocnn._ROOMS) - _pages)) or "none"
nitpick_ignore_regex = [
    (r"py:.*", r"(?!astrocnn\b).*"),
    (r"py:.*", rf"astrocnn\.({_without_page})(\..*)?|astrocnn\.ClusterClassifier"),
]


def _unlink_sklearn(app, what, name, obj, options, lines):
    """Make text of links into scikit-learn's documentation, in docstrings that come from it."""
    if not intersphinx_mapping and (getattr(obj, "__module__", None) or "").startswith("sklearn"):
        lines[:] = [re.sub(r":(?:term|ref):`([^`<]*?)(?: *<.*?>)?`", r"\1", x) for x in lines]


def setup(app):
    """Add what is above to the build."""
    app.connect("autodoc-process-docstring", _unlink_sklearn, priority=400)
