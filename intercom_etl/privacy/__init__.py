"""What may be kept of a record: rules by column, and e-mail addresses wherever they stand."""
