"""The routes of /api/v1, one file a subject."""

from ioc_api.routes import (
    alert_acts,
    alerts,
    dossiers,
    links,
    overview,
    reports,
    security,
    series,
    session,
    sources,
    units,
)

ROUTERS = (
    session.router,
    overview.router,
    units.router,
    dossiers.router,
    alert_acts.router,
    alerts.router,
    security.router,
    series.router,
    sources.router,
    reports.router,
    links.router,
)
"""Every router, in the order of the documentation."""
