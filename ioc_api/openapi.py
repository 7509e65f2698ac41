"""The OpenAPI document: what the framework knows, and who may call what."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from ioc_api.access import declared_permission
from ioc_api.accounts.roles import GRANTS, Permission
from ioc_api.authenticator import COOKIE, CSRF_HEADER
from ioc_api.problems import MEDIA_TYPE

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A machine's token (`ioc token create`), or a session's from POST /api/v1/session.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A session; requests that change something also need the header {CSRF_HEADER}.",
    },
}


def install(app: FastAPI) -> None:
    """Have `app` answer its document with security schemes, permissions and problem+json errors."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the framework's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        license_info=app.license_info,
    )
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    made["components"]["securitySchemes"] = _SCHEMES
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:  # pages for people
            continue
        permission = declared_permission(route)
        for method in route.methods or ():
            operation = made["paths"][route.path_format][method.lower()]
            _secure(operation, permission)
            _problems(operation)
    return made


def _secure(operation: dict[str, Any], permission: Permission | None) -> None:
    if permission is None or permission is Permission.PUBLIC:
        return
    operation["security"] = [{"bearer": []}, {"cookie": []}]
    roles = ", ".join(role.value for role, granted in GRANTS.items() if permission in granted)
    operation["description"] = f"{operation['description']}\n\nPermission `{permission}`: {roles}."


def _problems(operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
