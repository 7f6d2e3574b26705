"""The on-disk hand-over between the stages."""
