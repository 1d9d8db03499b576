"""Formulas by KaTeX, from a copy in the site: an extension of Sphinx. Pages without a formula load nothing of it."""

import html

from docutils import nodes

FILES = "katex/katex.min.css", "katex/katex.min.js"


def _visit(tag):
    def visit(self, node):
        self.body.append(f'<{tag} class="formula">{html.escape(node.astext())}</{tag}>')
        raise nodes.SkipNode

    return visit


def _add_files(app, page, template, context, doctree):
    if doctree is not None and next(doctree.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block))), None):
        app.add_css_file(FILES[0])
        app.add_js_file(FILES[1], loading_method="defer", priority=400)  # before the site's own script


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("katex", (_visit("span"), None), (_visit("div"), None))
    app.connect("html-page-context", _add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
