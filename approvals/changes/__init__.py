"""Requests to let more happen without a person, for another person to decide."""
