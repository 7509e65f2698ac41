"""Body of what hooks answer."""

from pydantic import BaseModel, Field


class HookAnswer(BaseModel):
    """What became of a posted body."""

    alerts: int = Field(description="Alerts that it tells of; they are stored.")
    ignored: int = Field(description="Parts of it that the mapping ignores.")
