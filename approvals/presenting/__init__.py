"""Rows turned into what templates show."""
