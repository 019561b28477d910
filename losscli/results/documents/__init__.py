"""Documents, one file a kind: `KIND.py` declares the class whose schema is `losscli/KIND/N`."""
