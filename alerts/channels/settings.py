"""Values that a channel takes from its configuration, from an environment variable or from a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.channels.outcome import ChannelDisabledError, Surroundings
from alerts.message import Message
from alerts.rates import Rate
from alerts.texts import Texts
from alerts.texts.source import Language
from ioc_core.durations import Duration

Timeout = Annotated[Duration, Field(gt=timedelta(), le=timedelta(seconds=20))]


def _rate(value: object) -> object:
    return Rate.parse(value) if isinstance(value, str) else value


RateField = Annotated[Rate | None, BeforeValidator(_rate)]


class ChannelModel(BaseModel):
    """What every channel may say."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, arbitrary_types_allowed=True)
    rate: RateField = None


class WordedModel(ChannelModel):
    """What every channel may say whose messages are for people's eyes or ears."""

    language: Language = "vi"
    template: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts as one channel wants them."""

    texts: Texts
    language: Language
    template: str | None

    def write(self, part: str, message: Message) -> str:
        """Return the text of a part of `message`."""
        return self.texts.write(part, message, self.language, self.template)

    def title(self, message: Message) -> str:
        """Return the subject, on one line."""
        return self.texts.title(message, self.language, self.template)


def wording(model: WordedModel, around: Surroundings) -> Wording:
    """Return the texts as `model` wants them."""
    return Wording(around.texts, model.language, model.template)


def secrets_of(named: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return name → the value of its environment variable. Raises: ChannelDisabledError."""
    values: dict[str, str] = {}
    for name, variable in named.items():
        values[name] = environment.get(variable, "").strip()
        if not values[name]:
            raise ChannelDisabledError(f"{variable} isn't set")
    return values


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without any of the secrets: what the other side says may repeat what it was sent."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


_SHORTEST_SECRET = 4


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
