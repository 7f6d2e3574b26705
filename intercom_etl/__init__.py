"""Moves an Intercom workspace into PostgreSQL; importable without a terminal. Start reading at `sync.py`."""
