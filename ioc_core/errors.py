"""The errors of the centre: one small hierarchy, each message naming what was wrong and which value."""

from collections.abc import Sequence


class IocError(Exception):
    """Base of every error that the centre raises on purpose."""


class ConfigError(IocError):
    """One wrong place in a file that an operator edits."""

    def __init__(self, *, file: str, line: int | None, what: str, reason: str) -> None:
        self.file = file
        self.line = line
        self.what = what
        self.reason = reason
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {what}: {reason}")


class ConfigErrors(IocError):
    """Every wrong place found in one pass over the configuration."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


class EngineError(IocError):
    """An embedded server (PostgreSQL, NATS) can't be found, started or used."""


class StorageError(IocError):
    """The database refused something that the centre relies on."""


class BusError(IocError):
    """The message bus can't be used."""


class BusFullError(BusError):
    """EVENTS has no room: the caller must keep its data and come again later."""


class BusUnavailableError(BusError):
    """The bus didn't acknowledge in time: the caller must keep its data and come again later."""


class InputError(IocError):
    """Input of a source that can't be accepted; `reason` is a short constant fit for a metric label."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)
