"""Clocks: the host's, and a CUDA device's through a fake one whose work takes known time."""

import time
from types import SimpleNamespace

import pytest
import torch

from losscli import bench
from losscli.benchmark.clock import CudaClock, HostClock, restore, tampered

L2 = 1 << 20


class FakeCuda:
    """A device on which work takes time: `work(seconds)` on its stream, `aside` on another.

    Its time is the host's as well, and passes only where somebody waits.
    """

    def __init__(self):
        self.now = 100.0
        self.busy_until = self.aside_until = 0.0
        self.log = []

    def work(self, seconds):
        self.busy_until = max(self.busy_until, self.now) + seconds

    def aside(self, seconds):
        self.aside_until = self.now + seconds

    def synchronize(self, _device=None):
        self.log.append("synchronize")
        self.wait(max(self.busy_until, self.aside_until))

    def get_device_properties(self, _device):
        return SimpleNamespace(L2_cache_size=L2)

    def Event(self, enable_timing):
        assert enable_timing
        return FakeEvent(self)

    def wait(self, until):
        self.now = max(self.now, until)

    def read(self):
        """The clock in nanoseconds; reading it takes one microsecond."""
        self.now += 1e-6
        return round(self.now * 1e9)


class FakeEvent:
    """Happens when the work that was queued before it is done."""

    def __init__(self, cuda):
        self._cuda = cuda

    def record(self):
        self.at = max(self._cuda.busy_until, self._cuda.now)

    def synchronize(self):
        self._cuda.wait(self.at)

    def elapsed_time(self, other):
        return 1e3 * (other.at - self.at)


@pytest.fixture
def device(monkeypatch):
    """A fake torch with a fake device, and what its memory was filled with."""
    cuda = FakeCuda()
    monkeypatch.setattr("losscli.benchmark.clock._NOW", cuda.read)

    def empty(size, dtype, device):
        return SimpleNamespace(zero_=lambda: cuda.log.append(("zero", size)))

    return SimpleNamespace(cuda=cuda, empty=empty, uint8=None)


def test_a_call_takes_the_time_between_its_events(device):
    """The device's, and not that of the host, which returns at once."""
    clock = CudaClock("cuda", device, lambda: False)
    lap = clock.time(lambda: device.cuda.work(0.02), ())
    assert lap.seconds == pytest.approx(0.02)
    assert lap.host_s >= lap.seconds
    assert not lap.throttled
    assert 0 < clock.launch_s < 0.01


def test_work_on_another_stream_is_not_missed(device):
    """The events see 1 ms of 30: what the device-wide wait took counts."""
    clock = CudaClock("cuda", device, lambda: False)

    def hides():
        device.cuda.work(0.001)
        device.cuda.aside(0.03)

    assert clock.time(hides, ()).seconds == pytest.approx(0.03, rel=1e-3)


def test_work_of_before_is_not_counted(device):
    """The device is idle when the first event is recorded."""
    clock = CudaClock("cuda", device, lambda: False)
    device.cuda.work(0.03)
    assert clock.time(lambda: device.cuda.work(0.005), ()).seconds == pytest.approx(0.005)


def test_the_cache_is_written_over_by_its_own_size(device):
    """Twice the second level of this device, and waited for."""
    clock = CudaClock("cuda", device, lambda: False)
    device.cuda.log.clear()
    clock.flush()
    assert device.cuda.log == [("zero", 2 * L2), "synchronize"]


def test_throttled_samples_are_marked(device):
    """By what the monitor says when the call has ended."""
    clock = CudaClock("cuda", device, lambda: True)
    assert clock.time(lambda: None, ()).throttled


def test_a_clock_that_is_replaced_is_found_out_and_put_back():
    """The host's clock goes on."""
    kept = time.perf_counter
    clock = HostClock()

    def cheat():
        time.sleep(0.01)
        time.perf_counter = lambda: 0.0

    assert not tampered()
    assert clock.time(cheat, ()).seconds >= 0.01
    assert tampered()
    restore()
    assert not tampered()
    assert time.perf_counter is kept


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("loss", ["smooth_l1", "cross_entropy", "linear_cross_entropy"])
def test_a_device_is_timed_and_judged(loss):
    """Cold caches, event times below the host's, memory by the allocator."""
    size = "512x256x4096" if loss.startswith("linear") else "4194304"
    result = bench(loss=loss, impl=["torch", "torch.compile"], device="cuda", size=size, time=30)
    assert [row.fault for row in result.rows] == [None] * 4
    for row in result.rows:
        assert row.cold
        assert row.peak_memory_bytes > 0
        assert row.times.host_s >= row.times.median
    assert result.limits[0].launch_s > 0
