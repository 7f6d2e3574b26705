"""Stage one: endpoint declarations and a window in, pages of raw records out."""
