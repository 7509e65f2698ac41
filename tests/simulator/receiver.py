"""A small receiver of the national protocol and of events, for tests: real HTTP, and faults on demand."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ioc_core.process import http_server


class Receiver:
    """Keeps what it accepts. `session_calls` is how many calls a session lasts; `away` is how many calls meet 503."""

    def __init__(self) -> None:
        self.session_calls = 10**9
        self.away = 0
        self.refused_codes: set[str] = set()
        self.password = "secret"
        self.token = "token"
        self.logins = 0
        self.calls: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.samples: Counter[str] = Counter()
        self._left = 0

    async def session(self, request: Request) -> Response:
        """Open a session."""
        login = msgspec.json.decode(await request.body())
        if login["password"] != self.password:
            return JSONResponse({"error_code": "3", "message": "sai mật khẩu"})
        self.logins += 1
        self._left = self.session_calls
        return JSONResponse({"error_code": "0", "message": "", "session": f"s{self.logins}"})

    async def integration(self, request: Request) -> Response:
        """Take dossiers and steps."""
        if self.away > 0:
            self.away -= 1
            return JSONResponse({"error_code": "5"}, status_code=503, headers={"Retry-After": "0"})
        body = msgspec.json.decode(await request.body())
        self._left -= 1
        if body["session"] != f"s{self.logins}" or self._left < 0:
            return JSONResponse({"error_code": "3", "message": "phiên đã hết hạn"})
        if body["service"] == "TraCuuHoSo":
            known = {code for _, code in self.told}
            return JSONResponse({"error_code": "00", "result": [{}] if body["mahoso"] in known else []})
        call = f"{body['service']} {body.get('isUpdating', '')}".strip()
        self.calls.append(call)
        results = []
        for item in body["data"]:
            code = item["MaHoSo"]
            wrong = code in self.refused_codes
            if not wrong:
                self.told.append((call, code))
            results.append({"MaHoSo": code, "error_code": "1" if wrong else "00"})
        some = any(result["error_code"] == "1" for result in results)
        return JSONResponse({"error_code": "1" if some else "00", "message": "", "result": results})

    async def events(self, request: Request) -> Response:
        """Take samples."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({}, status_code=401)
        if self.away > 0:
            self.away -= 1
            return JSONResponse({}, status_code=503)
        for sample in msgspec.json.decode(await request.body()):
            self.samples[sample["metric"]] += 1
        return JSONResponse({}, status_code=202)

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/dvcqg/session", self.session, methods=["POST"]),
                Route("/dvcqg/integration", self.integration, methods=["POST"]),
                Route("/v1/events", self.events, methods=["POST"]),
            ]
        )


@asynccontextmanager
async def receiving(receiver: Receiver, port: int = 0) -> AsyncIterator[str]:
    """Serve a receiver; yield its address."""
    async with http_server(receiver.app(), host="127.0.0.1", port=port) as bound:
        yield f"http://127.0.0.1:{bound}"
