"""The command line: talks to people, does no work of its own."""
