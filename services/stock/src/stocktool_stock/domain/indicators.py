"""Technical indicators of daily bars; definitions and sources in docs/formulas.md.

Columns have the length of their input; NaN where an indicator has not seen enough bars yet. Inputs hold no NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.bars import Bars, Column

MAX_INDICATORS = 12
MAX_LENGTH = 400
MAX_WIDTH = 10.0
_FAST, _SLOW, _SIGNAL = 12, 26, 9

CONVENTIONS = {
    "basis": "prices adjusted for later splits, not for dividends",
    "warm_up": "every bar known before start is used, so a value does not depend on start; null before it exists",
    "gaps": "a day whose prices are not known is left out of the calculation and null",
    "sma": "mean of the last n closes",
    "ema": "first value the mean of the first n closes; then 2/(n+1) of the close and the rest of the value before",
    "rsi": "Wilder: first averages over n changes, then (n-1)/n of the average before and 1/n of the change; 0 to 100",
    "macd": "EMA(fast) - EMA(slow), each from its own first mean; signal: EMA of it from its first mean",
    "bollinger": "SMA(n) and k population standard deviations of the last n closes to each side",
    "atr": "Wilder: mean of the first n true ranges, the first of them high - low; then smoothed as RSI's averages",
}


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """An indicator with its numbers, as `bollinger:20:2` names it; `name` is that text with all numbers spelled out."""

    kind: str
    lengths: tuple[int, ...]
    width: float = 0.0

    @property
    def name(self) -> str:
        """`sma:20`, `macd:12:26:9`, `bollinger:20:2`."""
        numbers = [str(length) for length in self.lengths]
        if self.kind == "bollinger":
            numbers.append(f"{self.width:g}")
        return ":".join([self.kind, *numbers])


_DEFAULTS: dict[str, tuple[int, ...]] = {
    "sma": (20,),
    "ema": (20,),
    "rsi": (14,),
    "macd": (_FAST, _SLOW, _SIGNAL),
    "bollinger": (20,),
    "atr": (14,),
}


def read_indicators(text: str) -> list[IndicatorSpec]:
    """Read a list such as `sma:20,ema:50,rsi:14,macd,bollinger:20:2,atr:14`; the same twice counts once.

    Raises:
        InvalidArgument: None or too many, an unknown one, or a number out of bounds.
    """
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    if not 1 <= len(parts) <= MAX_INDICATORS:
        raise InvalidArgument.of("names", f"must name 1 to {MAX_INDICATORS} indicators, separated by commas")
    return list(dict.fromkeys(_read(part) for part in parts))


def _read(text: str) -> IndicatorSpec:
    kind, *numbers = text.split(":")
    if kind not in _DEFAULTS:
        raise InvalidArgument.of("names", f"{kind[:20]!r} is not one of {', '.join(_DEFAULTS)}")
    width = 0.0
    if kind == "bollinger":
        width = _width(numbers.pop() if len(numbers) == 2 else "2", text)
    default = _DEFAULTS[kind]
    lengths = tuple(_length(number, text) for number in numbers) or default
    if len(lengths) != len(default):
        raise InvalidArgument.of("names", f"{text[:40]!r} has too many or too few numbers")
    if kind == "macd" and lengths[0] >= lengths[1]:
        raise InvalidArgument.of("names", "the first length of macd must be below the second")
    return IndicatorSpec(kind, lengths, width)


def _length(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_LENGTH):
        raise InvalidArgument.of("names", f"lengths of {whole[:40]!r} must be whole numbers from 1 to {MAX_LENGTH}")
    return int(text)


def _width(text: str, whole: str) -> float:
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 0 < width <= MAX_WIDTH:
        raise InvalidArgument.of("names", f"the width of {whole[:40]!r} must be above 0 and at most {MAX_WIDTH:g}")
    return width


def indicator_columns(bars: Bars, specs: Sequence[IndicatorSpec]) -> dict[str, Column]:
    """Work out indicators over all bars given; one with several lines gives a column for each, `macd:12:26:9.signal`.

    Args:
        bars: Split-adjusted bars, oldest first; those with prices that are not known are left out.
        specs: Which.
    """
    columns: dict[str, Column] = {}
    for spec in specs:
        uses = (bars.high, bars.low, bars.close) if spec.kind == "atr" else (bars.close,)
        known = ~np.isnan(np.vstack(uses)).any(axis=0)
        for line, values in _lines(spec, [column[known] for column in uses]).items():
            whole = np.full(len(bars), np.nan)
            whole[known] = values
            columns[spec.name + line] = whole
    return columns


def _lines(spec: IndicatorSpec, columns: Sequence[Column]) -> dict[str, Column]:
    length, close = spec.lengths[0], columns[-1]
    match spec.kind:
        case "sma":
            return {"": sma(close, length)}
        case "ema":
            return {"": ema(close, length)}
        case "rsi":
            return {"": rsi(close, length)}
        case "macd":
            line, signal = macd(close, *spec.lengths)
            return {".line": line, ".signal": signal, ".histogram": line - signal}
        case "bollinger":
            middle, half = sma(close, length), spec.width * deviation(close, length)
            return {".middle": middle, ".upper": middle + half, ".lower": middle - half}
        case _:
            high, low, _ = columns
            return {"": atr(high, low, close, length)}


def sma(values: Column, length: int) -> Column:
    """Mean of the last `length` values."""
    return _windows(values, length, lambda windows: windows.mean(axis=1))


def deviation(values: Column, length: int) -> Column:
    """Population standard deviation of the last `length` values."""
    return _windows(values, length, lambda windows: windows.std(axis=1))


def ema(values: Column, length: int) -> Column:
    """Exponential average, begun with the mean of the first `length` values."""
    return _smoothed(values, length, 2 / (length + 1))


def rsi(close: Column, length: int) -> Column:
    """Wilder's relative strength index, 0 to 100; NaN too where nothing moved.

    Source:
        J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """
    changes = np.diff(close)
    gains = _smoothed(np.maximum(changes, 0.0), length, 1 / length)
    losses = _smoothed(np.maximum(-changes, 0.0), length, 1 / length)
    both = gains + losses
    index = np.full(len(both), np.nan)
    np.divide(gains, both, out=index, where=both > 0)
    index *= 100.0
    return np.concatenate([[np.nan], index]) if len(close) else index


def macd(close: Column, fast: int, slow: int, signal: int) -> tuple[Column, Column]:
    """The difference of two exponential averages, and its own exponential average."""
    line = ema(close, fast) - ema(close, slow)
    begun = line[slow - 1 :]
    late = np.full(len(line), np.nan)
    late[slow - 1 :] = ema(begun, signal)
    return line, late


def atr(high: Column, low: Column, close: Column, length: int) -> Column:
    """Wilder's average true range.

    Source:
        J. Welles Wilder, New Concepts in Technical Trading Systems (1978); begun as StockCharts' worked example does.
    """
    before = np.concatenate([[np.nan], close[:-1]]) if len(close) else close
    # fmax passes over NaN: the first bar has no close before it.
    ranges = np.fmax(high - low, np.fmax(np.abs(high - before), np.abs(low - before)))
    return _smoothed(ranges, length, 1 / length)


def _smoothed(values: Column, length: int, weight: float) -> Column:
    result = np.full(len(values), np.nan)
    if len(values) < length:
        return result
    average = float(values[:length].mean())
    result[length - 1] = average
    smoothed = [average := average + weight * (value - average) for value in values[length:].tolist()]
    result[length:] = smoothed
    return result


def _windows(values: Column, length: int, figure: Callable[[npt.NDArray[np.float64]], Column]) -> Column:
    result = np.full(len(values), np.nan)
    if len(values) >= length:
        result[length - 1 :] = figure(np.lib.stride_tricks.sliding_window_view(values, length))
    return result
