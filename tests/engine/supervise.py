"""Starts one embedded server the way a supervisor does, prints its URL, and lives until it is killed.

Usage: python -m tests.engine.supervise postgres|nats HOME STATE_ROOT PORT [BIN_DIR]
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from ioc_core.engine import EmbeddedNats, EmbeddedPostgres, find_servers
from ioc_core.engine.embedded import EmbeddedServer


async def main(kind: str, home: str, state_root: str, port: str, bin_dir: str = "") -> None:
    if kind == "nats":
        server: EmbeddedServer = EmbeddedNats(Path(home), port=int(port))
    else:
        found = next(each for each in find_servers() if str(each.bin_dir) == bin_dir)
        server = EmbeddedPostgres(Path(home), found, port=int(port), state_root=Path(state_root), memory=512 << 20)
    await server.prepare()
    child = await asyncio.create_subprocess_exec(
        *server.command(), env=server.environment(), stdin=subprocess.DEVNULL, cwd="/"
    )
    await server.wait_ready(30, alive=lambda: child.returncode is None)
    sys.stdout.write(f"{child.pid} {server.url}\n")
    sys.stdout.flush()
    await child.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
