# SPDX-License-Identifier: GPL-2.0
"""Tables of figures: for the terminal, for Documentation/, and as JSON."""

import json

from cases import C, CLASSIC, REQUEST

HEADS = ("case", "floor", "C", "request", "classic", "C / floor", "request / floor",
         "classic / floor", "target", "request / C", "classic / C")
BEGIN = ".. What follows is of tests/bench/run.py --record."
END = ".. End of what is of tests/bench/run.py --record."


def row(figures, case):
    """A case as the figures of HEADS; None where there is none."""
    floor = figures.floor(case)
    c, request, classic = (figures.cost(case, service)
                           for service in (C, REQUEST, CLASSIC))
    over_floor = [cost / floor if floor else None for cost in (c, request, classic)]
    return [case.name, floor, c, request, classic, *over_floor, case.target,
            request / c, classic / c]


def word(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else (
        f"{value:,}" if isinstance(value, int) else f"{value:.2f}")


def columns(rows):
    """The heads and rows as words, without columns that are empty."""
    words = [list(HEADS), *([word(value) for value in row] for row in rows)]
    used = [index for index in range(len(HEADS)) if any(row[index] for row in words[1:])]
    return [[row[index] for index in used] for row in words]


def print_table(title, rows):
    words = columns(rows)
    widths = [max(len(row[index]) for row in words) for index in range(len(words[0]))]
    print(f"\n== {title}")
    for line in words:
        cells = [line[0].ljust(widths[0]),
                 *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        print("  ".join(cells), flush=True)


def rst_table(title, rows):
    def line(cells):
        return "   " + ", ".join(f'"{cell}"' for cell in cells)

    head, *body = columns(rows)
    return "\n".join([title, "-" * len(title), "", ".. csv-table::",
                      f"   :header: {line(head).strip()}", "", *map(line, body), ""])


def rst_sizes(sizes):
    lines = [f'   "{name}", "{text:,}", "{data:,}"' for name, text, data in sizes]
    return "\n".join(["Bytes of the module", "-------------------", "", ".. csv-table::",
                      '   :header: "module", "text", "data"', "", *lines, ""])


def rst_missed(documented):
    """Targets that are not reached, and why."""
    if not documented:
        return ""
    title = "Targets that are not reached"
    return "\n".join([title, "-" * len(title), "",
                      *(f"{name}\n    {why}\n" for name, why in documented.items())])


def replace(path, shown, sizes, documented):
    """Put tables where those of the last run were."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    text = "\n".join([*(rst_table(title, rows) for title, rows in shown.items()),
                      rst_sizes(sizes), rst_missed(documented)])
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def as_json(shown, sizes):
    """All figures."""
    data = {title: [dict(zip(HEADS, row)) for row in rows] for title, rows in shown.items()}
    data["Bytes of the module"] = [dict(zip(("module", "text", "data"), size))
                                   for size in sizes]
    return json.dumps(data, indent=1) + "\n"
