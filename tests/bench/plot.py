# SPDX-License-Identifier: GPL-2.0
"""The figures as a picture: cost per MiB over size, and the table's ratios."""

import subprocess

from cases import C, CLASSIC, KIB, MIB, REQUEST, size_name

SERVICES = {C: "C", REQUEST: "request API", CLASSIC: "classic API"}
COLOURS = {C: "#999999", REQUEST: "#b7410e", CLASSIC: "#e8a33d"}

SIZES = (512, 16 * KIB, 512 * KIB, 16 * MIB, 256 * MIB)
SIZE_TICS = ", ".join(f"'{size_name(size)}' {size / KIB}" for size in SIZES)


def per_mib(figures, cases, service):
    """Size in KiB and instructions for a MiB, a line for each size."""
    return "\n".join(f"{case.load.bytes / KIB} "
                     f"{figures.cost(case, service) * MIB / case.load.bytes}"
                     for case in cases)


def size_plot(figures, title, name, cases):
    """Commands that plot the cost of one kind of I/O over its size."""
    blocks = [f"${name}_{service} << EOD\n{per_mib(figures, cases, service)}\nEOD"
              for service in SERVICES]
    curves = ", ".join(f"${name}_{service} with linespoints pt 7 ps 0.5 lw 2 "
                       f"lc '{COLOURS[service]}' title '{label}'"
                       for service, label in SERVICES.items())
    return "\n".join([*blocks, f"set title '{title}'", f"plot {curves}"])


def ratio_plot(figures, cases):
    """Commands that plot the table's ratios to the floor, and the targets."""
    lines = []
    for number, case in enumerate(cases):
        floor = figures.floor(case)
        costs = " ".join(f"{figures.cost(case, service) / floor:.3f}" for service in SERVICES)
        lines.append(f'{number} "{case.name}" {costs} {case.target or "NaN"}')
    bars = ", ".join(
        f"$ratios using {3 + index}:xtic(2) with histogram fs solid 0.9 noborder "
        f"lc '{COLOURS[service]}' title '{label}'"
        for index, (service, label) in enumerate(SERVICES.items()))
    return "\n".join([
        "$ratios << EOD", *lines, "EOD",
        "set title 'Instructions, as multiples of the floor'",
        "set ylabel 'ratio to the floor'", "set key top left",
        "set xtics auto rotate by 30 right scale 0", "unset logscale x",
        "set logscale y 2", "set bmargin 11", "set lmargin 14",
        "set yrange [0.8:16]", "set xrange [-0.6:*]", "set style data histogram",
        "set style histogram clustered gap 1.5",
        f"plot {bars}, $ratios using 1:6 with points pt 2 ps 0.7 lw 2 lc 'black' "
        "title 'target'",
    ])


def plot(path, figures, ratios, copies, ios):
    """Write the SVG."""
    script = "\n".join([
        "set terminal svg size 1000,800 dynamic background rgb 'white' font 'sans-serif,12'",
        f"set output '{path}'", "set multiplot", "set grid y lc '#dddddd'", "set border 3",
        "set tics nomirror", "set key top right", "set logscale xy", "set format y '10^{%L}'",
        f"set xtics ({SIZE_TICS})", "set ylabel 'instructions for a MiB'",
        "set origin 0,0.58", "set size 0.5,0.42",
        size_plot(figures, "kcopyd, 1 destination", "copies", copies),
        "set origin 0.5,0.58", size_plot(figures, "sync write of a page list", "ios", ios),
        "set origin 0,0", "set size 1,0.57", "set format y '%g'", ratio_plot(figures, ratios),
    ])
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
