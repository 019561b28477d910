"""How long hypothesis searches: a little in `make test`, long in `make test-deep`."""

import os

from hypothesis import settings

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=1500, deadline=None)
settings.load_profile("deep" if os.environ.get("LOSSCLI_TESTS") == "deep" else "quick")
