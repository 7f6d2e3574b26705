"""What outlives a run: runs, bookmarks, leases."""
