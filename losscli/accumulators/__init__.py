"""Mergeable statistics: each is a monoid, so blocks can be measured anywhere and added in order."""
