"""The routes of the API, one file a subject."""

from ioc_api.alertmanager import alerts as alertmanager_alerts
from ioc_api.alertmanager import silencing, status
from ioc_api.routes import (
    alert_acts,
    alerts,
    dossiers,
    explain,
    hooks,
    links,
    oncall,
    overview,
    reports,
    scoreboard,
    scoreboard_behind,
    scoreboard_closings,
    security,
    series,
    session,
    silences,
    sources,
    units,
    what_if,
)

ROUTERS = (
    session.router,
    overview.router,
    units.router,
    dossiers.router,
    alert_acts.router,
    explain.router,
    alerts.router,
    silences.router,
    security.router,
    series.router,
    sources.router,
    reports.router,
    scoreboard_closings.router,
    what_if.router,
    scoreboard_behind.router,
    scoreboard.router,
    alertmanager_alerts.router,
    oncall.router,
    silencing.router,
    status.router,
    hooks.router,
    links.router,
)
"""Every router, in the order of the documentation."""
