"""Stage two: pages of raw records in, batches of validated rows and rejects out."""
