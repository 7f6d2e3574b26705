"""One file a stream: its model and its declaration, nothing else."""
