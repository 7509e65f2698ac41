"""The API of Alertmanager, version 2, on top of our alerts: for Prometheus, amtool, Grafana and whatever speaks it."""
