"""The HTTP application of ingest."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.routing import Route

from ingest.push.events_endpoint import EventsEndpoint
from ingest.push.limits_endpoint import LimitsEndpoint
from ingest.push.national_endpoint import NationalEndpoint
from ioc_core.process import Check, health_routes


def push_app(
    events: EventsEndpoint, limits: LimitsEndpoint, national: NationalEndpoint, checks: Mapping[str, Check]
) -> Starlette:
    """Return the application: /v1/events, /v1/limits, /dvcqg/…, /healthz, /readyz, /metrics."""
    return Starlette(
        routes=[
            Route("/v1/events", events.__call__, methods=["POST"]),
            Route("/v1/limits", limits.__call__, methods=["GET"]),
            Route("/dvcqg/session", national.session, methods=["POST"]),
            Route("/dvcqg/integration", national.integration, methods=["POST"]),
            Route("/dvcqg/DongBoHoSoMC", national.short_form, methods=["POST"]),
            *health_routes(checks),
        ]
    )
