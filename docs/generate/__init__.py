"""Writes the pages that only repeat what the code says. Not shipped."""
