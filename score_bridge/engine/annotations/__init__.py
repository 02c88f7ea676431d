"""What is published of a stream beside its notes: labels, attributes, keys, correlations."""
