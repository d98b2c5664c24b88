# SPDX-License-Identifier: GPL-2.0
"""Tables of figures: for the terminal, for Documentation/, and as JSON."""

import dataclasses
import json

from cases import C, CLASSIC, REQUEST

HEADS = ("case", "floor", "C", "request", "classic", "C / floor", "request / floor",
         "classic / floor", "target", "request / C", "classic / C")
SIZES = "Bytes of the module"
REASONS = "Targets that are not reached, and where C is better"
MEANINGS = "What the copies of the kernel's targets mean to a user"
BEGIN = ".. What follows is of tests/bench/run.py --record."
END = ".. End of what is of tests/bench/run.py --record."


def ratio(cost, base):
    return cost / base if cost and base else None


def row(figures, case):
    """A case as the figures of HEADS; None where there is none."""
    floor = figures.floor(case)
    costs = [figures.cost(case, service) if service in case.services else None
             for service in (C, REQUEST, CLASSIC)]
    c, *ours = costs
    return [case.name, floor, *costs, *(ratio(cost, floor) for cost in costs), case.target or "",
            *(ratio(cost, c) for cost in ours)]


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


def print_sizes(sizes):
    print(f"\n== {SIZES}")
    for size in sizes:
        print(f"{size.name}: {size.text:,} of text in {size.functions} functions, "
              f"{size.data:,} of data", flush=True)


def rst_sizes(sizes):
    lines = [f'   "{size.name}", "{size.text:,}", "{size.functions}", "{size.data:,}"'
             for size in sizes]
    return "\n".join([SIZES, "-" * len(SIZES), "", ".. csv-table::",
                      '   :header: "module", "text", "functions", "data"', "", *lines, ""])


def reasons(figures, cases, recorded):
    """Why targets are not reached, or C is better: the reasons with their figures."""
    texts = {}
    for case in cases:
        floor, ratios = figures.floor(case), figures.ratios(case)
        values = {"floor": floor,
                  **{service: figures.cost(case, service) for service in case.services}}
        reached = ", ".join(f"{ratio:.2f} ({service})" for service, ratio in ratios.items())
        if reason := recorded["misses its target"].get(case.name):
            texts[case.name] = (f"{reason.format(**values)} The target is {case.target}; "
                                f"reached is {reached}.")
        for service in case.services:
            name = f"{service}, {case.name}"
            if reason := recorded["worse than C"].get(name):
                texts[name] = reason.format(**values)
    return texts


def rst_texts(title, texts):
    if not texts:
        return ""
    return "\n".join([title, "-" * len(title), "",
                      *(f"{name}\n    {text}\n" for name, text in texts.items())])


def replace(path, shown, sizes, texts, meanings):
    """Put tables where those of the last run were."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    first, *others = (rst_table(title, rows) for title, rows in shown.items())
    text = "\n".join([first, rst_texts(REASONS, texts), *others, rst_texts(MEANINGS, meanings),
                      rst_sizes(sizes)])
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def as_json(shown, sizes, texts):
    """All figures."""
    data = {title: [dict(zip(HEADS, row)) for row in rows] for title, rows in shown.items()}
    data["Targets that are not reached"] = texts
    data[SIZES] = [dataclasses.asdict(size) for size in sizes]
    return json.dumps(data, indent=1) + "\n"
