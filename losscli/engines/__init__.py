"""Where blocks are worked on: an engine maps a function over tasks and keeps their order."""
