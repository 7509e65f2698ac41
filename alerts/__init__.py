"""Rules, alert state, routing, the outbox and its channels."""
