"""The province's servers and firewalls, as their logs show them: ordinary days, and attacks."""
