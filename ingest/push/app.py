"""The HTTP application of ingest."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.routing import Route

from ingest.push.events_endpoint import EventsEndpoint
from ingest.push.national_endpoint import NationalEndpoint
from ioc_core.process import Check, health_routes


def push_app(events: EventsEndpoint, national: NationalEndpoint, checks: Mapping[str, Check]) -> Starlette:
    """Return the application: /v1/events, /dvcqg/…, /healthz, /readyz, /metrics."""
    return Starlette(
        routes=[
            Route("/v1/events", events.__call__, methods=["POST"]),
            Route("/dvcqg/session", national.session, methods=["POST"]),
            Route("/dvcqg/integration", national.integration, methods=["POST"]),
            Route("/dvcqg/DongBoHoSoMC", national.short_form, methods=["POST"]),
            *health_routes(checks),
        ]
    )
