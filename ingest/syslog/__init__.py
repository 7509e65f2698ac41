"""Syslog: frames, messages, what they mean for security, and the UDP and TCP receivers."""
