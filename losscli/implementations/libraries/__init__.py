"""Libraries that have losses, one file each; `--impl` takes its name, with dots for _."""
