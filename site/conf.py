"""Settings of Sphinx. `build.py` writes the pages that it reads, and says in the environment where they are."""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = Path(os.environ["COURSE_SOURCE"])
sys.path[:0] = [str(HERE), str(HERE.parent)]
os.environ.setdefault("CNN_COURSE_QUIET", "1")

import cnn_course.quiet  # noqa: E402, F401  (before Keras, which the reference imports)
from cnn_course import __version__  # noqa: E402
from glossary import Term  # noqa: E402

project, release, language = "cnn-course", __version__, "en"
author = copyright = "The cnn-course authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "glossary", "formulas"]
course_terms = [Term(*entry) for entry in json.loads((SOURCE / "terms.json").read_text(encoding="utf-8"))]

nb_execution_mode = "off"
nb_output_stderr = "show"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
smartquotes = False  # the texts mean the ones they have

default_role = "code"  # docstrings are written for people: `name` is code there, as in Markdown
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_custom_sections = [("Source", "returns_style")]
napoleon_numpy_docstring = False
napoleon_use_rtype, napoleon_use_ivar = False, True

html_theme = "furo"
html_title = project
html_baseurl = os.environ.get("COURSE_ADDRESS", "")
html_static_path = ["_static", str(SOURCE / "_static")]
html_css_files, html_favicon = ["explorers/style.css", "site.css"], "_static/icon.svg"
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
html_theme_options = {
    "source_repository": os.environ.get("COURSE_REPOSITORY", ""),
    "light_css_variables": {"color-brand-primary": "#00604a", "color-brand-content": "#00604a"},
    "dark_css_variables": {"color-brand-primary": "#3fd0a4", "color-brand-content": "#3fd0a4"},
}
if not html_theme_options["source_repository"]:
    del html_theme_options["source_repository"]


def _skip_fields(app, what, name, member, skip, options):
    """Fields of a NamedTuple, which its docstring has described already."""
    return skip or (getattr(member, "__doc__", None) or "").startswith("Alias for field number")


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-skip-member", _skip_fields)
