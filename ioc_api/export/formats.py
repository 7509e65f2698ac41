"""In which form a list is wanted: by the parameter `format`, else by the header Accept."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request

Format = Literal["json", "csv", "xlsx"]
JSON = "application/json"
MEDIA_TYPES: dict[Format, str] = {
    "json": JSON,
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BY_TYPE: dict[str, Format] = {media: form for form, media in MEDIA_TYPES.items()} | {"*/*": "json"}
TABLES: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPES["csv"]: {}, MEDIA_TYPES["xlsx"]: {}}}}
"""The other forms of an answer, for OpenAPI."""


def wanted_format(
    request: Request,
    asked: Annotated[
        Format | None,
        Query(alias="format", description="The whole list as a table, without `limit` and `cursor`; or send Accept."),
    ] = None,
) -> Format:
    """Return the form that is asked for."""
    return asked or preferred(request.headers.get("accept", ""))


Wanted = Annotated[Format, Depends(wanted_format)]


def preferred(accept: str) -> Format:
    """Return what an Accept header (RFC 9110) likes best of what there is; JSON where it likes none."""
    liked: list[tuple[float, Format]] = []
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if media in _BY_TYPE:
            liked.append((_quality(parameters), _BY_TYPE[media]))
    best = max(liked, key=lambda one: one[0], default=(0.0, "json"))
    return best[1] if best[0] > 0 else "json"


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
