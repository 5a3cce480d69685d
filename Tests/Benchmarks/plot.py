"""The plot of the answers, as SVG that is readable on light and on dark pages."""

from html import escape

COLOURS = {"echo": "#8c959f", "Rollcall": "#2f81f7", "NSD": "#d29922", "Knot": "#a371f7"}
WIDTH, LEFT, TOP, HEIGHT = 860, 56, 70, 240
GROUP_GAP, BAR_GAP = 22, 2

# Grey letters are readable on both kinds of page, where a viewer does not know which it has.
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #7d8590 }
.title { font-size: 15px; font-weight: 600 }
.value { font-size: 9px; text-anchor: middle }
.group { text-anchor: middle }
.axis { text-anchor: end }
line { stroke: #7d8590; stroke-opacity: .3 }
@media (prefers-color-scheme: light) { text { fill: #1f2328 } }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
"""


def step(highest):
    """The distance of the lines: three to six of them."""
    for distance in (25_000, 50_000, 100_000, 200_000, 500_000, 1_000_000):
        if highest / distance <= 6:
            return distance
    return highest


def draw(rows, machine):
    """`rows` are those of the table of answers.py; questions without an echo (TCP) are another scale and left out."""
    values = {}
    for row in rows:
        values.setdefault(row["question"], {})[row["server"]] = row["answers per CPU-second"]
    values = {question: servers for question, servers in values.items() if "echo" in servers}
    highest = max((max(servers.values()) for servers in values.values()), default=1)
    scale = HEIGHT / highest
    bottom = TOP + HEIGHT
    parts = [f'<text class="title" x="{LEFT}" y="22">Answers per second of the server’s processor time, in thousands</text>']

    for index, (server, colour) in enumerate(COLOURS.items()):
        x = LEFT + 110 * index
        parts.append(f'<rect x="{x}" y="36" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="46">{escape(server)}</text>')
    distance = step(highest)
    for number in range(int(highest / distance) + 1):
        y = bottom - number * distance * scale
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="{LEFT - 8}" y="{y + 4:.1f}">{number * distance / 1_000:,.0f}</text>')

    group = (WIDTH - LEFT - 10) / max(len(values), 1)
    bar = (group - GROUP_GAP) / len(COLOURS) - BAR_GAP
    for position, (question, servers) in enumerate(values.items()):
        start = LEFT + position * group + GROUP_GAP / 2
        for index, (server, colour) in enumerate(COLOURS.items()):
            if server not in servers:
                continue
            height, x = servers[server] * scale, start + index * (bar + BAR_GAP)
            parts.append(
                f'<rect x="{x:.1f}" y="{bottom - height:.1f}" width="{bar:.1f}" height="{height:.1f}" rx="2" '
                f'fill="{colour}"><title>{escape(server)}, {escape(question)}: {servers[server]:,.0f}</title></rect>'
            )
            label = f"{servers[server] / 1_000:,.0f}"
            parts.append(f'<text class="value" x="{x + bar / 2:.1f}" y="{bottom - height - 4:.1f}">{label}</text>')
        parts.append(
            f'<text class="group" x="{LEFT + (position + 0.5) * group:.1f}" y="{bottom + 20}">{escape(question)}</text>'
        )
    facts = f"{machine['date'][:10]}, commit {machine['commit']}, {machine['cores']} cores, Linux {machine['kernel']}"
    facts += "; one core a server; medians. Higher is better."
    parts.append(f'<text x="{LEFT}" y="{bottom + 46}">{escape(facts)}</text>')
    note = "Eight sockets ask, or 400; with few clients Rollcall’s replies to one of them leave together (UDP_SEGMENT)."
    parts.append(f'<text x="{LEFT}" y="{bottom + 64}">{escape(note)}</text>')
    total = bottom + 78
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" height="{total}" '
        f'role="img" aria-label="Answers per CPU-second by question and server">\n<style>{STYLE}</style>\n'
        + "\n".join(parts) + "\n</svg>\n"
    )
