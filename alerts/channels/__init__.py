"""Channels: one module each, one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from alerts.channels import apprise, forward, sms, smtp, telegram, voice, webhook, zalo
from alerts.channels.outcome import ChannelKind

CHANNELS: Mapping[str, ChannelKind] = MappingProxyType(
    {
        "webhook": webhook.KIND,
        "smtp": smtp.KIND,
        "telegram": telegram.KIND,
        "zalo": zalo.KIND,
        "sms": sms.KIND,
        "voice": voice.KIND,
        "apprise": apprise.KIND,
        "alertmanager": forward.KIND,
    }
)
"""What `type` of a channel in config/routes.yaml means."""
