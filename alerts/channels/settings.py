"""Values that a channel takes from its configuration, from an environment variable or from a file."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from alerts.channels.outcome import ChannelDisabledError


def value_of(model: BaseModel, name: str, environment: Mapping[str, str]) -> str | None:
    """Return `name`, or what `<name>_env` or `<name>_file` point at; None when none of the three is written.

    Raises:
        ChannelDisabledError: the variable isn't set, or the file can't be read or is empty.
    """
    direct = getattr(model, name, None)
    if direct is not None:
        return str(direct)
    variable: str | None = getattr(model, f"{name}_env", None)
    if variable is not None:
        value = environment.get(variable, "").strip()
        if not value:
            raise ChannelDisabledError(f"{variable} isn't set")
        return value
    path: Path | None = getattr(model, f"{name}_file", None)
    return None if path is None else _read(path)


def one_of(model: BaseModel, name: str, *, required: bool = True) -> None:
    """Check that `name` is said in one way. Raises: ValueError."""
    fields = [field for field in (name, f"{name}_env", f"{name}_file") if field in type(model).model_fields]
    said = [field for field in fields if getattr(model, field) is not None]
    if len(said) > 1:
        raise ValueError(f"{' and '.join(said)} exclude each other")
    if required and not said:
        raise ValueError(f"needs one of {', '.join(fields)}")


def _read(path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ChannelDisabledError(f"{path} can't be read: {error.strerror}") from error
    if not value:
        raise ChannelDisabledError(f"{path} is empty")
    return value
