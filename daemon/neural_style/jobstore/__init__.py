"""Shared by service and worker: the files of a job, and the messages between the two."""
