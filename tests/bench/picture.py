"""The results as a picture that can be read on a light page and on a dark one."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.plan import CONNECTIONS, WORKLOADS
from bench.results import Results

INK = "#7d8590"
COLOURS = {"ours": "#2f81f7", "constant": "#3fb950", "naive-2": "#d29922"}
TITLES = {"ours": "this project", "constant": "FastAPI constant", "naive-2": "naive, 2 processes"}
THICKNESS = 0.26
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "bench",  # the same results give the same file
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(results: Results, path: Path) -> None:
    """Draw how many times the naive rate each contender reaches, a panel for each number of connections."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.2), layout="constrained")
        panels = figure.subplots(1, len(CONNECTIONS), sharey=True)
        for panel, connections in zip(panels, CONNECTIONS, strict=True):
            for place, (contender, colour) in enumerate(COLOURS.items()):
                bars = [
                    (row, ratio(results, workload, connections, contender)) for row, workload in enumerate(WORKLOADS)
                ]
                known = [(row + (place - 1) * THICKNESS, value) for row, value in bars if value]
                drawn = panel.barh(
                    [at for at, _ in known],
                    [value for _, value in known],
                    THICKNESS,
                    color=colour,
                    label=TITLES[contender],
                )
                panel.bar_label(drawn, [f"{value:.1f}" for _, value in known], padding=3, fontsize=8, color=INK)
            panel.axvline(1, color=INK, linewidth=1)
            panel.set_title(f"{connections} connection{'s' * (connections > 1)}")
            panel.set_yticks(range(len(WORKLOADS)), [title.strip("`") for title in WORKLOADS.values()])
            panel.margins(x=0.12)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].invert_yaxis()
        figure.supxlabel("times the requests a second of the naive version (the line)", color=INK, fontsize=10)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
        figure.savefig(path, transparent=True, metadata={"Date": None})


def ratio(results: Results, workload: str, connections: int, contender: str) -> float | None:
    """Give the ratio of a contender's rate to the naive one's, if both are known."""
    row, naive = results.row(workload, connections, contender), results.row(workload, connections, "naive")
    return row.rate.median / naive.rate.median if row and naive and naive.rate.median else None
