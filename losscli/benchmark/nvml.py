"""Clocks of a CUDA device, from NVIDIA's management library if it is installed."""

from collections.abc import Callable
from typing import Any

# Bits of the reasons that slow a busy device down: power, heat, and the board's own limits.
_SLOWED = 0x4 | 0x8 | 0x20 | 0x40 | 0x80


class Monitor:
    """Clocks and throttling of one CUDA device; unknown without NVML."""

    def __init__(self, uuid: str | None) -> None:
        self._nvml: Any = None
        try:
            import pynvml  # type: ignore[import-not-found,import-untyped,unused-ignore]

            pynvml.nvmlInit()
            name = f"GPU-{uuid}" if uuid and not uuid.startswith("GPU-") else uuid
            self._handle = (
                pynvml.nvmlDeviceGetHandleByUUID(name)
                if name
                else pynvml.nvmlDeviceGetHandleByIndex(0)
            )
            self._nvml = pynvml
        except Exception:  # noqa: BLE001 - a missing library, driver or permission
            self._nvml = None

    def throttled(self) -> bool:
        """True while the clocks are reduced."""
        return bool(self._ask(self._reasons, 0) & _SLOWED)

    def clock_mhz(self) -> int | None:
        """The clock of the multiprocessors."""
        if self._nvml is None:
            return None
        nvml, kind = self._nvml, self._nvml.NVML_CLOCK_SM
        clock: int | None = self._ask(
            lambda: int(nvml.nvmlDeviceGetClockInfo(self._handle, kind)), None
        )
        return clock

    def _reasons(self) -> int:
        nvml = self._nvml
        ask = getattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)
        return int((ask or nvml.nvmlDeviceGetCurrentClocksThrottleReasons)(self._handle))

    def _ask(self, question: Callable[[], Any], otherwise: Any) -> Any:
        if self._nvml is None:
            return otherwise
        try:
            return question()
        except self._nvml.NVMLError:
            return otherwise
