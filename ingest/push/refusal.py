"""A push that is refused as a whole."""

from ioc_core.errors import InputError


class Refusal(InputError):
    """`status` is the HTTP status; `retry_after` seconds, when the same push may succeed later.

    `body` is what was read so far, for the record of refused input.
    """

    def __init__(
        self, status: int, reason: str, message: str, *, retry_after: float | None = None, body: bytes = b""
    ) -> None:
        self.status = status
        self.retry_after = retry_after
        self.body = body
        super().__init__(reason, message)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to the answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(max(1, round(self.retry_after)))}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers
