"""Stage three: batches in, rows in PostgreSQL out."""
