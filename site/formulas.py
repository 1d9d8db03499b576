"""Formulas as MathML, which browsers draw and screen readers read by themselves: an extension of Sphinx."""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.errors import ExtensionError


def _visit(tag, display):
    def visit(self, node):
        self.body.append(f'<{tag} class="formula">{mathml(node.astext(), display)}</{tag}>')
        raise nodes.SkipNode

    return visit


def mathml(formula, display="inline"):
    """A formula of LaTeX as an element `math`.

    Args:
        formula: str.
        display: `"inline"` or `"block"`.

    Returns:
        str.

    Raises:
        ExtensionError: a command in it is unknown.
    """
    written = convert(formula, display=display)
    if "\\" in written:  # what the converter does not know it leaves as it is
        raise ExtensionError(f"A formula must hold commands that latex2mathml knows. Received: {formula}")
    return written


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (_visit("span", "inline"), None), (_visit("div", "block"), None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
