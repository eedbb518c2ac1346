"""What service and worker share: the files of a job, and the messages between them."""
