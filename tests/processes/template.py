"""The process that is copied: it imports what `ioc` can run, then makes a copy of itself for each request.

It is started with the descriptor of a socket. A request is one JSON object `{arguments, environment, folder}` with
four descriptors: standard input, output, error, and a pipe that is told the copy's number, then its exit status. It
ends with the socket. The copies run `ioc_cli.main.main` as the installed program does.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from importlib.metadata import entry_points
from typing import Any

BEFOREHAND = (
    "ioc_api.service",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
LARGEST = 1 << 20


def serve(line: socket.socket) -> None:
    """Answer requests until the other side closes the socket; then end the copies that run."""
    told: dict[int, int] = {}  # the pipe of each copy
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([line.fileno(), wake], [], [])
        if wake in ready:
            os.read(wake, 1024)
            reap(told)
        if line.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(line, LARGEST, 4)
            if not request:
                for pid in told:
                    os.kill(pid, signal.SIGKILL)
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                for descriptor in (wake, waker, *told.values()):
                    os.close(descriptor)
                become(json.loads(request), descriptors)
            for descriptor in descriptors[:3]:
                os.close(descriptor)
            told[pid] = descriptors[3]
            os.write(descriptors[3], b"%d\n" % pid)


def reap(told: dict[int, int]) -> None:
    """Tell the exit status of every copy that has ended."""
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        pipe = told.pop(pid)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(pipe, b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(pipe)


def become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be `ioc` with these arguments; doesn't return."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for target, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, target)
        for descriptor in descriptors:
            os.close(descriptor)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        sys.argv[1:] = request["arguments"]
        status = run_command()
    except BaseException:  # noqa: BLE001  # as Python does with any program
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_command() -> int:
    """Run `ioc`; return its exit status as Python does."""
    from ioc_cli.main import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
            return 1
        return int(end.code or 0)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    for point in entry_points(group="ioc.commands"):
        if point.name != "wall":  # Streamlit is large, and its tests look at what it needs
            point.load()
    for name in BEFOREHAND:
        __import__(name)
    assert threading.active_count() == 1, "a copy would lack the other threads"
    gc.freeze()
    sys.argv[0] = "ioc"
    serve(socket.socket(fileno=int(sys.argv[1])))
