"""Linked open data on local platforms against loneliness and isolation."""
