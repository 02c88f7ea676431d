"""Where hosts come in, one module a kind of connection."""
