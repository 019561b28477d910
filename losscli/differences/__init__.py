"""Two saved results: what changed, and whether it is more than noise."""
