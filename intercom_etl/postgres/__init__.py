"""The seam to PostgreSQL: connections, migrations, the embedded server."""
