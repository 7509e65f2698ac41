"""NATS JetStream: EVENTS (durable, what happened) and LIVE (ten minutes of what changed)."""

from ioc_core.bus.connection import Bus, connect_bus
from ioc_core.bus.events import EventsPuller, PulledMessage
from ioc_core.bus.live import LiveMessage, LiveReader, LiveReset

__all__ = ["Bus", "EventsPuller", "LiveMessage", "LiveReader", "LiveReset", "PulledMessage", "connect_bus"]
