"""Draws a terminal's text, from standard input, as SVG on standard output."""

import re
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 8.4, 20, 18

lines = sys.stdin.read().strip("\n").split("\n")
width = max(map(len, lines)) * WIDTH + 2 * MARGIN
height = len(lines) * HEIGHT + 2 * MARGIN
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">\n'
    "<style>text { font: 14px ui-monospace, Consolas, 'DejaVu Sans Mono', monospace; fill: #d6deeb }\n"
    ".mark { fill: #7fdb8f } .rule { stroke: #5f7083 }</style>\n"
    f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#16202c"/>'
)
for row, line in enumerate(lines):
    y = MARGIN + row * HEIGHT + 14
    # Each column stands at a place of its own, because fonts differ in their widths.
    for part in re.finditer(r"\S+(?: \S+)*", line):
        x, text = MARGIN + part.start() * WIDTH, part.group()
        if set(text) == {"─"}:
            print(f'<path class="rule" d="M{x:.1f} {y - 5}h{len(text) * WIDTH:.1f}"/>')
            continue
        name = ' class="mark"' if text in "✔✘" else ""
        print(f'<text x="{x:.1f}" y="{y}"{name}>{escape(text)}</text>')
print("</svg>")
