"""`score-bridge evaluate`: one module a model."""
