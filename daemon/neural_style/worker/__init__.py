"""The worker process, which computes the pictures: only it imports the engine."""
