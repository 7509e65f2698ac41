"""Channels: one module each, one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from alerts.channels import smtp, webhook
from alerts.channels.outcome import ChannelKind

CHANNELS: Mapping[str, ChannelKind] = MappingProxyType(
    {
        "webhook": webhook.KIND,
        "smtp": smtp.KIND,
    }
)
"""What `type` of a channel in config/routes.yaml means."""
