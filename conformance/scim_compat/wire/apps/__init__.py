"""WSGI and ASGI applications of this process in place of the network."""
