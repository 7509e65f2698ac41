"""The routes of /api/v1, one file a subject."""

from ioc_api.routes import alerts, overview, session

ROUTERS = (session.router, overview.router, alerts.router)
"""Every router, in the order of the documentation."""
