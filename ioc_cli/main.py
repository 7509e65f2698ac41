"""The command `ioc`: each sub-command's package is loaded only when it is called."""

import sys
from importlib.metadata import EntryPoint, entry_points

import typer

from ioc_core.errors import IocError

_USAGE = "ioc: a provincial operations centre\n\nusage: ioc COMMAND [ARGUMENTS]   (ioc COMMAND --help)\n\ncommands: "


def main() -> None:
    """Run `ioc COMMAND …`; the centre's own errors become one line and exit status 1, wrong usage 2."""
    points: dict[str, EntryPoint] = {point.name: point for point in entry_points(group="ioc.commands")}
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(_USAGE + ", ".join(sorted(points)) + "\n")
        sys.exit(0 if arguments else 2)
    point = points.get(arguments[0])
    if point is None:
        sys.stderr.write(f"ioc: no command {arguments[0]!r}; there are: {', '.join(sorted(points))}\n")
        sys.exit(2)
    try:
        app: typer.Typer = point.load()
        app(args=arguments[1:], prog_name=f"ioc {arguments[0]}")
    except IocError as error:
        sys.stderr.write(f"ioc: {error}\n")
        sys.exit(1)
