"""Runs the commands that pages show, and writes into the pages what they print. Not shipped."""
