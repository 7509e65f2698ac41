"""Why somebody was, or wasn't, told of an alert: rule, route, group, mutes, deliveries, in sentences (Vietnamese)."""
