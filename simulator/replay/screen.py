"""What a replay says to whoever runs it. Pure."""

from collections.abc import Sequence

from simulator.replay.allocation import Cell
from simulator.replay.comparison import Figure
from simulator.replay.feed import Sent
from simulator.replay.report import Report


def plan(report: Report, cells: Sequence[Cell]) -> str:
    """What a replay will send."""
    units = {cell.unit.kind.value: set[str]() for cell in cells}
    for cell in cells:
        units[cell.unit.kind.value].add(cell.unit.code)
    at = ", ".join(f"{len(codes)} {kind}s" for kind, codes in units.items())
    return f"{report.name}: {report.received:,} dossiers at {at}, and {report.documents:,} documents"


def sending(so_far: Sent, report: Report) -> str:
    """One line of progress."""
    share = so_far.dossiers / report.received
    return f"{share:6.1%}  {so_far.dossiers:,} dossiers, {so_far.messages:,} messages accepted"


def sent(all_sent: Sent, *, seconds: float) -> str:
    """What was sent in this run."""
    rate = all_sent.messages / max(seconds, 0.001)
    text = f"sent: {all_sent.dossiers:,} dossiers, {all_sent.messages:,} messages"
    text += f" in {seconds:.1f} s ({rate:,.0f} a second)"
    if all_sent.rejected:
        text += f"\n{all_sent.rejected:,} of them were refused; `GET /api/v1/rejected` says why"
    return text


def storing(left: int) -> str:
    """One line while the centre works off what it has accepted."""
    return f"        {max(left, 0):,} messages not stored yet"


def stored(all_sent: Sent, *, seconds: float) -> str:
    """When everything is in the database."""
    rate = all_sent.messages / max(seconds, 0.001)
    return f"stored: everything after {seconds:.1f} s ({rate:,.0f} messages a second)"


def how_to_compare(report: Report) -> str:
    """How to have the figures compared."""
    return (
        f"to compare the figures of {report.title} with the centre's, start again with a token:\n"
        f'  IOC_API_TOKEN="$(ioc token create replay --role viewer --days 1)" ioc simulate --scenario {report.name}'
    )


def table(report: Report, figures: Sequence[Figure]) -> str:
    """Return the comparison as text, one figure a line."""
    rows = [(report.title, "report", "centre", "")]
    rows += [
        (
            figure.name,
            _shown(figure, figure.reported),
            _shown(figure, figure.answered),
            "" if figure.agrees else "DIFFERS",
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {reported:>{widths[1]}}  {answered:>{widths[2]}}  {verdict}".rstrip()
        for name, reported, answered, verdict in rows
    ]
    differing = sum(not figure.agrees for figure in figures)
    lines.append(f"{differing} figures differ" if differing else "all figures agree")
    return "\n".join(lines)


def _shown(figure: Figure, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if figure.share else f"{value:,.0f}"
