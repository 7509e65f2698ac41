"""Becomes a database or bus server: drops privileges, takes the run lock, dies with its parent, then exec's it.

Run as a script by `sys.executable -I -S launch.py '<json>'`; it uses the standard library alone and keeps its
process id across the exec, so whoever spawned it owns the server. Keys of the JSON object:

`argv`    the server's command line, an absolute path first
`parent`  process id of the supervisor; the server gets `signal` when that process (its spawning thread) ends
`signal`  number of the signal that stops the server cleanly
`lock`    file that is locked for as long as any process of the server lives, and names who runs it and where
`wait`    seconds to wait for that lock
`port`    port of the server, written into the lock file
`uid`, `gid`  whom to become, or null to stay
"""

import ctypes
import fcntl
import json
import os
import signal
import sys
import time
from typing import Any, NoReturn

EXIT_LOCKED = 75  # EX_TEMPFAIL of sysexits.h
EXIT_ORPHANED = 76
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(spec: dict[str, Any]) -> int:
    """Returns an exit status only when the server could not be started."""
    os.setsid()  # the terminal's Ctrl-C is for the supervisor, which stops everything in order
    lock = os.open(spec["lock"], os.O_RDWR | os.O_CREAT, 0o600)
    if not _take(lock, deadline=time.monotonic() + spec["wait"]):
        sys.stderr.write(f"{spec['lock']}: held by a running server\n")
        return EXIT_LOCKED
    note = json.dumps({"pid": os.getpid(), "parent": spec["parent"], "port": spec["port"]})
    os.ftruncate(lock, 0)
    os.pwrite(lock, note.encode(), 0)
    os.set_inheritable(lock, True)
    if spec["uid"] is not None:
        os.setgroups([])
        os.setgid(spec["gid"])
        os.setuid(spec["uid"])
    if sys.platform == "linux":  # after setuid, which would clear it
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, spec["signal"], 0, 0, 0)
    if os.getppid() != spec["parent"]:
        sys.stderr.write("the supervisor is gone\n")
        return EXIT_ORPHANED
    return _become(spec["argv"])


def _become(argv: list[str]) -> NoReturn:
    os.umask(0o077)
    os.chdir("/")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    os.execv(argv[0], argv)  # noqa: S606 - no shell is what we want


def _take(lock: int, *, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
