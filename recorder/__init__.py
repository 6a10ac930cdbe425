"""The recorder process: events, daily summary, tick tape, alerts."""
