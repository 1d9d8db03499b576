"""How `anatomy` prints: one table for a terminal, one for a notebook."""

import html

__all__ = ["as_html", "encodable", "plain", "text"]

HEADER = ("layer", "kind", "output", "parameters", "MACs", "activations", "field", "jump", "note")
WORDS = 3  # columns of words come first
UNITS = ("", "", "", "", "", "bytes", "pixels", "pixels", "")
PLAINER = str.maketrans("─×–…", "-x-~")
CONVENTIONS = (
    "All figures are for one image. MACs: multiply-accumulates of convolutions and dense-like products; biases,",
    "activations, pooling, normalization, resizing and merging count 0. Field: receptive field at inference.",
)


def _parts(anatomy):
    """Title, body, totals, sentence below and notes, which the last column points to, all as strings."""
    totals, notes = anatomy.totals, list(dict.fromkeys(row.note for row in anatomy.rows if row.note))

    def total(column):
        return ("at least " if column in totals.at_least else "") + f"{getattr(totals, column):,}"

    body = []
    for row in anatomy.rows:
        figures = map(text, (row.parameters, row.macs, row.activation_bytes, row.receptive_field, row.jump))
        note = f"[{notes.index(row.note) + 1}]" if row.note else ""
        body.append([row.name, row.kind, _shape_text(row.output_shape), *figures, note])
    sums = ["total", "", "", *map(total, ("parameters", "macs", "activation_bytes")), "", "", ""]
    trained, others = total("trainable_parameters"), total("non_trainable_parameters")
    sentence = f"Parameters: {trained} trainable, {others} non-trainable."
    numbered = [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
    return f'Model "{anatomy.name}" ({anatomy.kind})', body, sums, sentence, numbered


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


def plain(anatomy, width=120):
    """Aligned text, `width` characters wide where the figures allow it; None for as wide as it needs."""
    title, body, total, sentence, notes = _parts(anatomy)
    widths = _widths([HEADER, UNITS, *body, total], width)
    names = _shorten_apart([cells[0] for cells in body], widths[0])

    def line(cells):
        columns = enumerate(zip(cells, widths, strict=True))
        aligned = [f"{_shorten(cell, width):{'<' if at < WORDS else '>'}{width}}" for at, (cell, width) in columns]
        return "  ".join(aligned).rstrip()

    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    rows = [line([name, *cells[1:]]) for name, cells in zip(names, body, strict=True)]
    table = [rule, line(HEADER), line(UNITS), rule, *rows, rule, line(total)]
    return "\n".join([title, *table, sentence, *CONVENTIONS, *notes])


def _widths(lines, width):
    """Width of each column: names, then kinds and shapes, give way until a line fits."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    excess = 0 if width is None else sum(widths) + 2 * len(widths) - 2 - width
    for column, least in ((0, 24), (1, 16), (2, 16), (0, 12), (1, 10)):
        less = max(min(excess, widths[column] - least), 0)
        widths[column] -= less
        excess -= less
    return widths


def as_html(anatomy):
    """A table without colors of its own, so that light and dark themes both read well."""
    title, body, total, sentence, notes = _parts(anatomy)
    heads = [f"{head}<br><small>{unit}</small>" if unit else head for head, unit in zip(HEADER, UNITS, strict=True)]
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
    return "text-align: left" if column < WORDS else "text-align: right; font-variant-numeric: tabular-nums"
