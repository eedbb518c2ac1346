"""The service process: sockets, queue, results and the worker's life. It never imports torch."""
