"""Errors as RFC 9457 problem+json, each saying what is wrong in one sentence."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ioc_core.db import is_transient
from ioc_core.errors import BusUnavailableError, IocError

MEDIA_TYPE = "application/problem+json"
_SHOWN_VALUE = 200
log = structlog.get_logger(__name__)


class WrongParameter(BaseModel):
    """One parameter that can't be used."""

    parameter: str = Field(description="Where it is and what it is called.", examples=["query.limit"])
    value: Any = Field(description="What was sent, shortened.", examples=["0"])
    reason: str = Field(examples=["Input should be greater than or equal to 1"])


class ProblemDocument(BaseModel):
    """The body of every error answer (RFC 9457)."""

    type: str = Field("about:blank", description="Kind of problem; `about:blank`: the status says it all.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no alert 17."])
    errors: list[WrongParameter] = Field(default_factory=list, description="Of a 422: each wrong parameter.")


class Problem(IocError):
    """An answer that isn't a success; raise it anywhere below a route."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[WrongParameter] = (),
    ) -> None:
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        super().__init__(detail)


def wrong_parameter(name: str, value: object, reason: str) -> Problem:
    """Return the 422 for one wrong parameter; `name` is written `query.limit`."""
    wrong = WrongParameter(parameter=name, value=_shown(value), reason=reason)
    return Problem(422, f"{name}: {reason}", errors=[wrong])


def unavailable(detail: str) -> Problem:
    """Return the 503 for something the centre stands on that is away at this moment."""
    return Problem(503, detail, headers={"Retry-After": "2"})


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of a route's error answers for OpenAPI; 503 goes without saying, so it is added."""
    return {
        status: {
            "model": ProblemDocument,
            "description": HTTPStatus(status).phrase,
        }
        for status in (*statuses, 503)
    }


def response(problem: Problem) -> Response:
    """Return the HTTP answer."""
    document = ProblemDocument(
        type="about:blank",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        errors=list(problem.errors),
    )
    body = document.model_dump(mode="json", exclude={"errors"} if not problem.errors else None)
    return JSONResponse(body, status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""

    async def on_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return response(error)

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return response(Problem(error.status_code, str(error.detail), headers=error.headers))

    async def on_invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = [_wrong(detail) for detail in error.errors()]
        return response(Problem(422, "; ".join(f"{w.parameter}: {w.reason}" for w in wrong), errors=wrong))

    async def on_storage(request: Request, error: Exception) -> Response:
        if isinstance(error, asyncpg.QueryCanceledError):
            log.warning("statement_timeout", path=request.url.path)
            return response(unavailable("The question took too long; ask for less, or again later."))
        if isinstance(error, asyncpg.DataError):
            return response(Problem(422, f"The database can't take a value of this request: {error}."))
        if is_transient(error):
            log.warning("database_unavailable", path=request.url.path, error=str(error))
            return response(unavailable("The database is away at this moment."))
        log.error("request_failed", path=request.url.path, exc_info=error)
        return response(Problem(500, "The centre made a mistake; it is in its log."))

    async def on_bus(_: Request, error: Exception) -> Response:
        return response(unavailable(str(error)))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        app.add_exception_handler(kind, on_storage)
    app.add_exception_handler(BusUnavailableError, on_bus)
    app.add_exception_handler(Exception, on_storage)


def _wrong(detail: Mapping[str, Any]) -> WrongParameter:
    where = ".".join(str(part) for part in detail["loc"])
    secret = "password" in where
    reason = detail["msg"].removeprefix("Value error, ")
    return WrongParameter(parameter=where, value=None if secret else _shown(detail["input"]), reason=reason)


def _shown(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    return text if len(text) <= _SHOWN_VALUE else text[:_SHOWN_VALUE] + "…"
