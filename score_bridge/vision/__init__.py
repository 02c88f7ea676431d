"""Pictures without torch: decode, shrink, describe."""
