"""How `anatomy` prints: as text for a terminal, as HTML for a notebook, as Markdown for a page, as plain records."""

import html
import textwrap
from typing import NamedTuple

__all__ = ["COLUMNS", "DEFAULT", "SORTABLE", "as_html", "as_markdown", "as_records", "encodable", "plain", "short"]
__all__ += ["text"]


class Column(NamedTuple):
    """One column of a table.

    Attributes:
        header: str.
        unit: str, stands below the header.
        of: str, the field of `Row` that it shows.
        times: int, what that is multiplied by; 0 for its share of the total in percent.
    """

    header: str
    unit: str
    of: str
    times: int = 1


COLUMNS = {
    "name": Column("layer", "", "name"),
    "kind": Column("kind", "", "kind"),
    "output_shape": Column("output", "", "output_shape"),
    "parameters": Column("parameters", "", "parameters"),
    "parameters_share": Column("parameters", "%", "parameters", 0),
    "trainable_parameters": Column("trainable", "", "trainable_parameters"),
    "non_trainable_parameters": Column("non-trainable", "", "non_trainable_parameters"),
    "macs": Column("MACs", "", "macs"),
    "macs_share": Column("MACs", "%", "macs", 0),
    "flops": Column("FLOPs", "2 × MACs", "macs", 2),
    "activation_bytes": Column("activations", "bytes", "activation_bytes"),
    "activation_share": Column("activations", "%", "activation_bytes", 0),
    "receptive_field": Column("field", "pixels", "receptive_field"),
    "jump": Column("jump", "pixels", "jump"),
    "note": Column("note", "", "note"),
}
ON_REQUEST = ("trainable_parameters", "non_trainable_parameters", "flops")  # and shares
DEFAULT = tuple(name for name, column in COLUMNS.items() if column.times and name not in ON_REQUEST)
GIVE_WAY = ("kind", "jump", "activation_bytes", "output_shape", "receptive_field")  # in a narrow table, in this order
WORDS = ("name", "kind", "output_shape")
SORTABLE = tuple(name for name in COLUMNS if name not in ("output_shape", "receptive_field", "jump", "note"))
PLAINER = str.maketrans("─×–…", "-x-~")
CONVENTIONS = (
    "All figures are for one image. MACs: multiply-accumulates of convolutions and dense-like products; biases,",
    "activations, pooling, normalization, resizing and merging count 0. Field: receptive field at inference.",
)


def _figure(row, name, totals):
    """What stands in a column: a figure, a word, a tuple; of a share the float."""
    column = COLUMNS[name]
    value = getattr(row, column.of)
    if column.times == 1 or isinstance(value, str):
        return value
    if column.times:
        return column.times * value
    total = getattr(totals, column.of)
    return "unknown" if column.of in totals.at_least else 100 * value / total if total else 0.0


def _sorted(anatomy, by):
    """The rows as they were computed, or by a column: words from A to Z, figures from the largest, unknown last."""
    if by is None:
        return anatomy.rows

    def key(row):
        value = getattr(row, COLUMNS[by].of)
        return value if by in WORDS else (isinstance(value, str), 0 if isinstance(value, str) else -value)

    return sorted(anatomy.rows, key=key)


def as_records(anatomy, columns, sort=None, unknown="unknown"):
    """Rows as dictionaries, with something else in place of what is unknown."""
    records = [{name: _figure(row, name, anatomy.totals) for name in columns} for row in _sorted(anatomy, sort)]
    return [{name: unknown if value == "unknown" else value for name, value in one.items()} for one in records]


def _parts(anatomy, columns=DEFAULT, sort=None, units=False):
    """Title, head, body, totals, sentence below and notes, which the last column points to, all as strings."""
    totals, rows = anatomy.totals, _sorted(anatomy, sort)
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    shown = short if units else text

    def cell(row, name):
        value = _figure(row, name, totals)
        if name == "note":
            return f"[{notes.index(value) + 1}]" if value else ""
        if COLUMNS[name].times == 0 and not isinstance(value, str):
            return f"{value:.1f}"
        return _shape_text(value) if name == "output_shape" else shown(value)

    def total(name):
        column = COLUMNS[name]
        if column.of not in totals._fields:
            return "total" if name == "name" else ""
        if column.times == 0:
            return "" if column.of in totals.at_least else "100.0"
        return ("at least " if column.of in totals.at_least else "") + shown(column.times * getattr(totals, column.of))

    body = [[cell(row, name) for name in columns] for row in rows]
    sentence = "Parameters: {} trainable, {} non-trainable.".format(
        *map(total, ("trainable_parameters", "non_trainable_parameters"))
    )
    numbered = [f"[{number}] {note}" for number, note in enumerate(notes, start=1)] if "note" in columns else []
    return f'Model "{anatomy.name}" ({anatomy.kind})', body, [total(name) for name in columns], sentence, numbered


def text(value):
    """A figure, a word or a tuple of them as it stands in a cell.

    >>> text(86704128), text((1 / 3, 4)), text((1, "whole input"))
    ('86,704,128', '0.333 × 4', '1 × whole')
    """
    if isinstance(value, tuple):
        return " × ".join(text(part).removesuffix(" input") for part in value)
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else f"{value:,}"


def short(value):
    """The same with three digits and K, M, G or T for thousands.

    >>> short(86704128), short(999_999), short((3, 1500))
    ('86.7M', '1M', '3 × 1.5K')
    """
    if isinstance(value, tuple):
        return " × ".join(short(part).removesuffix(" input") for part in value)
    if isinstance(value, str):
        return value
    number, letters = float(f"{value:.3g}"), iter("KMGTP")
    letter = ""
    while abs(number) >= 1000:
        number, letter = number / 1000, next(letters)
    return f"{number:.3g}{letter}"


def encodable(text, encoding):
    """The same text in the characters of an output: those of Windows and of plain ASCII are fewer.

    >>> print(encodable("3 × 3 ─", "ascii"))
    3 x 3 -
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAINER).encode(encoding, "replace").decode(encoding)
    return text


def _shape_text(shape):
    if isinstance(shape, list):
        return ", ".join(map(_shape_text, shape))
    return shape if isinstance(shape, str) else " × ".join(map(str, shape)) or "1"


def _shorten(text, width, end=None):
    """The beginning and, since names end in what tells them apart, more of the end."""
    if len(text) <= width:
        return text
    end = (width - 1) * 2 // 3 if end is None else end
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def _shorten_apart(names, width):
    """Names cut so that different ones stay different: at the usual place, at another, or with a number.

    >>> _shorten_apart(["stage1_block_conv_act1", "stage2_block_conv_act1"], 12)
    ['stage1…_act1', 'stage2…_act1']
    """
    different = list(dict.fromkeys(names))
    for end in (None, *range(width - 1, -1, -1)):
        short = [_shorten(name, width, end) for name in different]
        if len(set(short)) == len(different):
            break
    else:
        short = [_shorten(name, width - len(f"#{number}"), 0) + f"#{number}" for number, name in enumerate(different)]
    return list(map(dict(zip(different, short, strict=True)).get, names))


def plain(anatomy, width=120, columns=None, sort=None, units=False):
    """Aligned text, `width` characters wide where the figures allow it; None for as wide as it needs.

    Where no columns are asked for, those that a narrow table has no space for are left out, which it says.
    """
    shown, least = list(columns or DEFAULT), [] if columns else list(GIVE_WAY)
    while True:
        title, body, total, sentence, notes = _parts(anatomy, shown, sort, units)
        heads = [[COLUMNS[name].header for name in shown], [COLUMNS[name].unit for name in shown]]
        widths = _widths([*heads, *body, total], width, shown)
        if width is None or not least or sum(widths) + 2 * len(widths) - 2 <= width:
            break
        shown.remove(least.pop(0))
    if "name" in shown:
        at = shown.index("name")
        names = _shorten_apart([cells[at] for cells in body], widths[at])
        body = [[*cells[:at], name, *cells[at + 1 :]] for name, cells in zip(names, body, strict=True)]

    def line(cells):
        every = zip(cells, widths, shown, strict=True)
        aligned = [f"{_shorten(cell, width):{'<' if name in WORDS else '>'}{width}}" for cell, width, name in every]
        return "  ".join(aligned).rstrip()

    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    table = [rule, *map(line, heads), rule, *map(line, body), rule, line(total)]
    left_out = ", ".join(COLUMNS[name].header for name in (DEFAULT if columns is None else ()) if name not in shown)
    below = [f"Left out to fit {width} characters: {left_out}."] if left_out else []
    below += CONVENTIONS if width is None or width >= 120 else [" ".join(CONVENTIONS)]
    below += notes
    if width is not None:
        below = [line for text in below for line in textwrap.wrap(text, max(width, 40))]
    return "\n".join([title, *table, sentence, *below])


def _widths(lines, width, columns):
    """Width of each column: names, then kinds and shapes, give way until a line fits."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    excess = 0 if width is None else sum(widths) + 2 * len(widths) - 2 - width
    for name, least in (("name", 24), ("kind", 16), ("output_shape", 16), ("name", 12), ("kind", 10)):
        if name in columns:
            at = columns.index(name)
            less = max(min(excess, widths[at] - least), 0)
            widths[at] -= less
            excess -= less
    return widths


def as_markdown(anatomy, columns=DEFAULT, sort=None, units=False):
    """A table for a page or an issue, with its notes below."""
    title, body, total, sentence, notes = _parts(anatomy, columns, sort, units)
    heads = [", ".join(filter(None, COLUMNS[name][:2])) for name in columns]
    rules = [":--" if name in WORDS else "--:" for name in columns]
    escaped = [[cell.replace("|", "\\|") for cell in cells] for cells in [heads, rules, *body, total]]
    table = [f"| {' | '.join(cells)} |" for cells in escaped]
    return "\n".join([title, "", *table, "", "  \n".join([sentence, " ".join(CONVENTIONS), *notes])])


def as_html(anatomy):
    """A table without colors of its own, so that light and dark themes both read well."""
    title, body, total, sentence, notes = _parts(anatomy)
    pairs = [COLUMNS[name][:2] for name in DEFAULT]
    heads = [f"{head}<br><small>{unit}</small>" if unit else head for head, unit in pairs]
    header = "".join(f'<th scope="col" style="{_style(at)}">{head}</th>' for at, head in enumerate(heads))
    rows = map(_html_row, _shorten_apart([cells[0] for cells in body], 40), body)
    footer = "<br>".join(map(html.escape, [sentence, " ".join(CONVENTIONS), *notes]))
    return (
        f'<table><caption style="text-align: left">{html.escape(title)}</caption>'
        f"<thead><tr>{header}</tr></thead><tbody>{''.join(rows)}</tbody>"
        f"<tfoot>{_html_row(total[0], total)}</tfoot></table><p><small>{footer}</small></p>"
    )


def _html_row(short, cells):
    name, *others = cells
    first = f'<th scope="row" title="{html.escape(name)}" style="{_style(0)}">{html.escape(short)}</th>'
    rest = (f'<td style="{_style(at)}">{html.escape(cell)}</td>' for at, cell in enumerate(others, start=1))
    return f"<tr>{first}{''.join(rest)}</tr>"


def _style(column):
    """Words to the left, numbers to the right with digits of equal width."""
    return "text-align: left" if column < len(WORDS) else "text-align: right; font-variant-numeric: tabular-nums"
