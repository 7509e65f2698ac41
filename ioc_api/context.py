"""What the routes of one API process stand on; made at start, found through the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

from ioc_api.alertmanager.external_file import ExternalConfig
from ioc_api.database import Database
from ioc_api.hooks.hook_file import Hook
from ioc_api.instruments import Instruments
from ioc_api.request_rates import RequestRates
from ioc_api.wall_file import WallConfig
from ioc_core.calendar import WorkingCalendar
from ioc_core.oncall import OnCall
from ioc_core.settings import Settings

if TYPE_CHECKING:
    from ioc_api.accounts.sessions import Sessions
    from ioc_api.authenticator import Authenticator
    from ioc_api.export import Exports
    from ioc_api.feed.hub import Hub
    from ioc_api.notices import Notices
    from ioc_api.scoreboard.board import Boards
    from ioc_api.state_cache import FactsCache


@dataclass(frozen=True, slots=True)
class Api:
    """The parts that routes use. `now` returns the time in UTC."""

    settings: Settings
    database: Database
    authenticator: "Authenticator"
    sessions: "Sessions"
    hub: "Hub"
    facts: "FactsCache"
    notices: "Notices"
    exports: "Exports"
    wall: WallConfig
    boards: "Boards"
    calendar: WorkingCalendar
    oncall: OnCall
    external: ExternalConfig
    hooks: Mapping[str, Hook]
    instruments: Instruments
    rates: RequestRates
    link_rates: RequestRates  # of whoever opens links in messages, by address
    now: Callable[[], datetime]

    @property
    def zone(self) -> ZoneInfo:
        """The province's time zone."""
        return ZoneInfo(self.settings.timezone)


def api_of(connection: HTTPConnection) -> Api:
    """Return the parts of the process that serves this request or WebSocket."""
    api: Api = connection.app.state.api
    return api
