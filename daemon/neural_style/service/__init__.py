"""The service process: sockets, queue, history, and control of the worker. No torch here."""
