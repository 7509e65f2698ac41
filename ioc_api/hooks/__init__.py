"""Inbound webhooks: any JSON that another system posts, made alerts by a mapping of config/hooks/."""
