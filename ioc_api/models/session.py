"""Bodies of /session, /password and /feed-tickets."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ioc_api.accounts.principals import Principal
from ioc_api.accounts.roles import Permission


class SignIn(BaseModel):
    """A person's name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64, examples=["lan.nguyen"])
    password: SecretStr = Field(min_length=1, max_length=256, examples=["correct horse battery"])


class Me(BaseModel):
    """Who asks, and what it may do."""

    name: str = Field(examples=["lan.nguyen"])
    full_name: str = Field(examples=["Nguyễn Thị Lan"])
    kind: str = Field(description="person, machine or screen", examples=["person"])
    role: str = Field(examples=["operator"])
    scope: str | None = Field(description="Code of the unit it is limited to; null: the province.", examples=[None])
    permissions: list[str] = Field(examples=[["read", "watch"]])
    expires_at: datetime | None = Field(description="When the session or token ends; null: never.")


class NewSession(BaseModel):
    """A session: the token is also set as the cookie `ioc_session`."""

    token: str = Field(description="For `Authorization: Bearer …`.", examples=["iocs_Jx9…"])
    me: Me


class PasswordChange(BaseModel):
    """The password now, and the new one (12 to 256 characters)."""

    model_config = ConfigDict(extra="forbid")

    current: SecretStr = Field(min_length=1, max_length=256)
    new: SecretStr = Field(min_length=1, max_length=256)


class FeedTicket(BaseModel):
    """Admits to `/ws/live?token=…` once."""

    ticket: str = Field(examples=["iocf_8s2…"])
    expires_at: datetime


def me(principal: Principal) -> Me:
    """Return how a principal sees itself."""
    kind = "person" if principal.user_id is not None else "screen" if principal.role == "kiosk" else "machine"
    return Me(
        name=principal.name,
        full_name=principal.full_name,
        kind=kind,
        role=principal.role.value,
        scope=principal.scope,
        permissions=[permission.value for permission in Permission if principal.may(permission)],
        expires_at=principal.expires_at,
    )
