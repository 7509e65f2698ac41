"""Tests of rules, alert state, routing, the outbox, its channels, and of `ioc alerts` as a process."""
