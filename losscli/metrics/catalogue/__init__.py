"""The metrics, one file each: a metric is found by the name of its file."""
