"""The machines of this processor."""

import pytest

from losscli.kernels import machine

NAMES = machine._machine.MACHINES if machine._machine else ()


def pytest_collection_modifyitems(items):
    """Skip the tests of compiled code where there is none."""
    if not NAMES:
        for item in items:
            if "each_machine" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason="installed without compiled kernels"))


@pytest.fixture(params=NAMES or ["none"], scope="module")
def each_machine(request):
    """Each instruction set in turn, as the one that runs programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "machine", lambda: NAMES.index(request.param))
        yield request.param
