"""How `anatomy` prints: one table for a terminal, one for a notebook."""

import html

__all__ = ["as_html", "plain"]

HEADER = ("layer", "kind", "output", "parameters", "MACs", "activations", "field", "jump", "note")
WORDS = 3  # columns of words come first
UNITS = ("", "", "", "", "", "bytes", "pixels", "pixels", "")
CONVENTIONS = (
    "All figures are for one image. MACs: multiply-accumulates of convolutions and dense-like products; biases,",
    "activations, pooling, normalization, resizing and merging count 0. Field: receptive field at inference.",
)


def _cells(anatomy):
    """Table body and totals as strings, and the notes that the last column points to."""
    notes = list(dict.fromkeys(row.note for row in anatomy.rows if row.note))
    body = [
        [
            row.name,
            row.kind,
            _shape_text(row.output_shape),
            *map(_text, (row.parameters, row.macs, row.activation_bytes, row.receptive_field, row.jump)),
            f"[{notes.index(row.note) + 1}]" if row.note else "",
        ]
        for row in anatomy.rows
    ]
    totals = anatomy.totals
    sums = [_total_text(totals, figure) for figure in ("parameters", "macs", "activation_bytes")]
    return body, ["total", "", "", *sums, "", "", ""], notes


def _text(value):
    if isinstance(value, tuple):
        return " × ".join(_text(part).removesuffix(" input") for part in value)
    return value if isinstance(value, str) else f"{value:,}"


def _shape_text(shape):
    if isinstance(shape, list):
        return ", ".join(map(_shape_text, shape))
    return shape if isinstance(shape, str) else " × ".join(map(str, shape)) or "1"


def _total_text(totals, figure):
    return ("at least " if figure in totals.at_least else "") + f"{getattr(totals, figure):,}"


def _title(anatomy):
    return f'Model "{anatomy.name}" ({anatomy.kind})'


def _split_text(anatomy):
    return ", ".join(
        f"{_total_text(anatomy.totals, figure)} {figure.split('_parameters')[0].replace('_', '-')}"
        for figure in ("trainable_parameters", "non_trainable_parameters")
    )


def _shorten(text, width):
    """The beginning and, since names end in what tells them apart, more of the end."""
    if len(text) <= width:
        return text
    end = (width - 1) * 2 // 3
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def plain(anatomy, width=120):
    """Aligned text, `width` characters wide where the figures allow it."""
    body, total, notes = _cells(anatomy)
    widths = _widths([HEADER, UNITS, *body, total], width)

    def line(cells):
        fitted = [_shorten(cell, width) for cell, width in zip(cells, widths, strict=True)]
        aligned = [f"{cell:{'<' if at < WORDS else '>'}{widths[at]}}" for at, cell in enumerate(fitted)]
        return "  ".join(aligned).rstrip()

    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    numbered = [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
    table = [rule, line(HEADER), line(UNITS), rule, *map(line, body), rule, line(total)]
    return "\n".join([_title(anatomy), *table, f"Parameters: {_split_text(anatomy)}.", *CONVENTIONS, *numbered])


def _widths(lines, width):
    """Width of each column: names, then kinds and shapes, give way until a line fits."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    excess = sum(widths) + 2 * len(widths) - 2 - width
    for column, least in ((0, 24), (1, 16), (2, 16), (0, 12), (1, 10)):
        less = max(min(excess, widths[column] - least), 0)
        widths[column] -= less
        excess -= less
    return widths


def as_html(anatomy):
    """A table without colors of its own, so that light and dark themes both read well."""
    body, total, notes = _cells(anatomy)
    heads = [f"{head}<br><small>{unit}</small>" if unit else head for head, unit in zip(HEADER, UNITS, strict=True)]
    header = "".join(f'<th scope="col" style="{_style(at)}">{head}</th>' for at, head in enumerate(heads))
    footer = [f"Parameters: {_split_text(anatomy)}.", " ".join(CONVENTIONS)]
    footer += [f"[{number}] {note}" for number, note in enumerate(notes, start=1)]
    return (
        f'<table><caption style="text-align: left">{html.escape(_title(anatomy))}</caption>'
        f"<thead><tr>{header}</tr></thead><tbody>{''.join(map(_html_row, body))}</tbody>"
        f"<tfoot>{_html_row(total)}</tfoot></table><p><small>{'<br>'.join(map(html.escape, footer))}</small></p>"
    )


def _html_row(cells):
    name, *others = cells
    first = f'<th scope="row" title="{html.escape(name)}" style="{_style(0)}">{html.escape(_shorten(name, 40))}</th>'
    rest = (f'<td style="{_style(at)}">{html.escape(cell)}</td>' for at, cell in enumerate(others, start=1))
    return f"<tr>{first}{''.join(rest)}</tr>"


def _style(column):
    """Words to the left, numbers to the right with digits of equal width."""
    return "text-align: left" if column < WORDS else "text-align: right; font-variant-numeric: tabular-nums"
