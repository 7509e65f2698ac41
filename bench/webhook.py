"""A webhook receiver that notes when each call came."""

import contextlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any


class Receiver:
    """Keeps for each word it was asked to listen for the moment (`perf_counter`) at which a call first said it."""

    def __init__(self) -> None:
        self.url = ""
        self.gauges: dict[str, float] = {}  # what /metrics says of each host
        self._heard: dict[str, float] = {}
        self._lock = Lock()
        self._rang = Event()

    def hear(self, body: Any, at: float) -> None:
        """Take a call: the hosts of its alerts count as heard."""
        with self._lock:
            for alert in body["alerts"]:
                labels = alert["labels"]
                self._heard.setdefault(labels.get("host_name") or labels.get("host", ""), at)
        self._rang.set()

    def wait(self, words: list[str], *, within: float) -> dict[str, float]:
        """Return when each of `words` was heard. Raises: TimeoutError, naming how many weren't."""
        deadline = time.perf_counter() + within
        while True:
            with self._lock:
                missing = [word for word in words if word not in self._heard]
                if not missing:
                    return {word: self._heard[word] for word in words}
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{len(missing)} of {len(words)} calls did not come within {within:g} s")
            self._rang.wait(0.1)
            self._rang.clear()


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver at `url`; GET on the same address is a Prometheus target with its `gauges`."""
    opened = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            at = time.perf_counter()
            self._answer(b"")
            opened.hear(json.loads(body), at)

        def do_GET(self) -> None:
            lines = [f'bench_gauge{{host="{host}"}} {value}\n' for host, value in list(opened.gauges.items())]
            self._answer("".join(lines).encode())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
