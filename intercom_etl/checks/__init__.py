"""The ways in which stored records are checked: against their own text, and against the API."""
