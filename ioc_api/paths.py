"""Where things are on the API's port."""

API = "/api/v1"
OPENAPI = f"{API}/openapi.json"
HOOKS = f"{API}/hooks"
ALERTMANAGER = "/api/v2"
FEED = "/ws/live"
