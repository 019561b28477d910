"""Whether an implementation is right: one rule, and inputs that find out."""
