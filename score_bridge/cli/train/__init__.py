"""`score-bridge train`: one module a model."""
