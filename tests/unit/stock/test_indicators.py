"""Indicators against published worked examples: StockCharts ChartSchool's tables and InvestExcel's MACD, and TA-Lib."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.indicators import (
    IndicatorSpec,
    atr,
    deviation,
    ema,
    indicator_columns,
    macd,
    read_indicators,
    rsi,
    sma,
)
from stocktool_stock.http.indicators import indicators_body

from tests.factories.market import some_bars

# fmt: off
EMA_CLOSES = np.array([
    22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29, 22.15, 22.39, 22.38, 22.61, 23.36, 24.05,
    23.75, 23.83, 23.95, 23.63, 23.82, 23.87, 23.65, 23.19, 23.10, 23.33, 22.68, 23.10, 22.40, 22.17,
])
EMA_10 = [
    22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.80, 22.97, 23.13, 23.28, 23.34, 23.43, 23.51, 23.53, 23.47, 23.40,
    23.39, 23.26, 23.23, 23.08, 22.92,
]
RSI_CLOSES = np.array([
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
    45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
    45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
])
RSI_14 = [
    70.5328, 66.3186, 66.5498, 69.4063, 66.3552, 57.9749, 62.9296, 63.2571, 56.0593, 62.3771, 54.7076, 50.4228,
    39.9898, 41.4605, 41.8689, 45.4632, 37.3040, 33.0795, 37.7730,
]
ATR_HIGH = np.array([
    48.70, 48.72, 48.90, 48.87, 48.82, 49.05, 49.20, 49.35, 49.92, 50.19, 50.12, 49.66, 49.88, 50.19, 50.36, 50.57,
    50.65, 50.43, 49.63, 50.33, 50.29, 50.17, 49.32, 48.50, 48.32, 46.80, 47.80, 48.39, 48.66, 48.79,
])
ATR_LOW = np.array([
    47.79, 48.14, 48.39, 48.37, 48.24, 48.64, 48.94, 48.86, 49.50, 49.87, 49.20, 48.90, 49.43, 49.73, 49.26, 50.09,
    50.30, 49.21, 48.98, 49.61, 49.20, 49.43, 48.08, 47.64, 41.55, 44.28, 47.31, 47.20, 47.90, 47.73,
])
ATR_CLOSE = np.array([
    48.16, 48.61, 48.75, 48.63, 48.74, 49.03, 49.07, 49.32, 49.91, 50.13, 49.53, 49.50, 49.75, 50.03, 50.31, 50.52,
    50.41, 49.34, 49.37, 50.23, 49.24, 49.93, 48.43, 48.18, 46.57, 45.41, 47.77, 47.72, 48.62, 47.85,
])
ATR_14 = [0.56, 0.59, 0.59, 0.57, 0.62, 0.62, 0.64, 0.67, 0.69, 0.78, 0.78, 1.21, 1.30, 1.38, 1.37, 1.34, 1.32]
BANDS_CLOSES = np.array([
    86.16, 89.09, 88.78, 90.32, 89.07, 91.15, 89.44, 89.18, 86.93, 87.68, 86.96, 89.43, 89.32, 88.72, 87.45, 87.26,
    89.50, 87.90, 89.13, 90.70, 92.90, 92.98, 91.80, 92.66, 92.68, 92.30, 92.77, 92.54, 92.95, 93.20, 91.07, 89.83,
    89.74, 90.40, 90.74, 88.02, 88.09, 88.84, 90.78, 90.54, 91.39, 90.65,
])
BANDS_UPPER = [
    91.29, 91.95, 92.61, 92.93, 93.31, 93.73, 93.90, 94.26, 94.56, 94.79, 95.04, 94.91, 94.90, 94.89, 94.86, 94.67,
    94.55, 94.68, 94.57, 94.53, 94.53, 94.37, 94.15,
]
MACD_CLOSES = np.array([
    459.99, 448.85, 446.06, 450.81, 442.80, 448.97, 444.57, 441.40, 430.47, 420.05, 431.14, 425.66, 430.58, 431.72,
    437.87, 428.43, 428.35, 432.50, 443.66, 455.72, 454.49, 452.08, 452.73, 461.91, 463.58, 461.14, 452.08, 442.66,
    428.91, 429.79, 431.99, 427.72, 423.20, 426.21, 426.98, 435.69, 434.33, 429.80, 419.85, 426.24,
])
MACD_LINE = [
    8.2752695039, 7.7033783815, 6.4160747570, 4.2375197833, 2.5525833249, 1.3788857199, 0.1029814912, -1.2584019528,
    -2.0705581901, -2.6218423283, -2.3290667405, -2.1816321148, -2.4026262729, -3.3421216814, -3.5303631361,
]
# fmt: on


def test_sma_is_the_mean_of_the_window_and_null_before() -> None:
    values = sma(np.array([11.0, 12, 13, 14, 15, 16, 17]), 5)  # StockCharts' first example of a moving average
    assert np.isnan(values[:4]).all()
    assert values[4:].tolist() == [13, 14, 15]


def test_ema_gives_stockcharts_table() -> None:
    values = ema(EMA_CLOSES, 10)
    assert np.isnan(values[:9]).all()
    assert values[9:] == pytest.approx(EMA_10, abs=0.0101)  # the table is rounded at each step


def test_rsi_gives_stockcharts_table() -> None:
    values = rsi(RSI_CLOSES, 14)
    assert np.isnan(values[:14]).all()
    assert values[14:] == pytest.approx(RSI_14, abs=6e-5)


def test_atr_gives_stockcharts_table() -> None:
    values = atr(ATR_HIGH, ATR_LOW, ATR_CLOSE, 14)
    assert np.isnan(values[:13]).all()
    assert values[13:] == pytest.approx(ATR_14, abs=0.0101)  # the table's highs and lows are rounded to cents


def test_bollinger_gives_stockcharts_table() -> None:
    upper = sma(BANDS_CLOSES, 20) + 2 * deviation(BANDS_CLOSES, 20)
    assert upper[19:] == pytest.approx(BANDS_UPPER, abs=0.0101)


def test_macd_gives_investexcels_sheet() -> None:
    line, signal = macd(MACD_CLOSES, 12, 26, 9)
    assert np.isnan(line[:25]).all()
    assert line[25:] == pytest.approx(MACD_LINE, abs=1e-9)
    assert np.isnan(signal[:33]).all()
    assert (signal[33], signal[39]) == pytest.approx((3.037525868733945, -1.338100412582993), abs=1e-9)


def test_long_series_agree_with_ta_lib() -> None:
    random = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.015, 1200)))
    high, low = close * (1 + random.uniform(0, 0.02, 1200)), close * (1 - random.uniform(0, 0.02, 1200))
    middle, half = sma(close, 20), 2 * deviation(close, 20)
    upper, mean, lower = talib.BBANDS(close, 20, 2, 2)
    same = {
        "sma": (sma(close, 50), talib.SMA(close, 50)),
        "ema": (ema(close, 50), talib.EMA(close, 50)),
        "rsi": (rsi(close, 14), talib.RSI(close, 14)),
        "upper": (middle + half, upper),
        "middle": (middle, mean),
        "lower": (middle - half, lower),
    }
    for name, (ours, theirs) in same.items():
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=name)
    # TA-Lib begins the fast average of MACD, and ATR, on other bars; the difference fades.
    line, signal = macd(close, 12, 26, 9)
    other_line, other_signal, _ = talib.MACD(close, 12, 26, 9)
    faded = {
        "line": (line, other_line),
        "signal": (signal, other_signal),
        "atr": (atr(high, low, close, 14), talib.ATR(high, low, close, 14)),
    }
    for name, (ours, theirs) in faded.items():
        np.testing.assert_allclose(ours[600:], theirs[600:], rtol=1e-9, atol=1e-9, err_msg=name)


def test_rsi_is_a_hundred_without_a_loss_and_nothing_without_a_move() -> None:
    assert rsi(np.arange(1.0, 20.0), 5)[-1] == 100
    assert np.isnan(rsi(np.full(20, 3.0), 5)).all()


@given(st.lists(st.floats(1, 1000), max_size=60), st.integers(1, 30))
def test_every_indicator_stays_in_its_bounds(closes: list[float], length: int) -> None:
    column = np.array(closes)
    index = rsi(column, length)
    known = index[~np.isnan(index)]
    assert ((known >= 0) & (known <= 100)).all()
    for values in (sma(column, length), ema(column, length)):
        assert len(values) == len(column)
        rest = values[~np.isnan(values)]
        assert len(rest) == max(0, len(column) - length + 1)
        assert not len(rest) or (rest.min() >= column.min() - 1e-9 and rest.max() <= column.max() + 1e-9)


def test_names_are_read_with_their_numbers_and_without() -> None:
    read = read_indicators("sma:20, EMA:50,rsi,macd,bollinger:20:2.5,bollinger,atr:14,sma")
    assert [spec.name for spec in read] == [
        "sma:20", "ema:50", "rsi:14", "macd:12:26:9", "bollinger:20:2.5", "bollinger:20:2", "atr:14",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "vwap", "sma:0", "sma:401", "sma:-1", "sma:1.5", "sma:20:2", "macd:26:12:9", "macd:12:26", "bollinger:20:0",
        "bollinger:20:nan", "bollinger:20:2:2", "sma:²", ",".join(f"sma:{n}" for n in range(1, 14)),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        read_indicators(text)
    assert caught.value.violations[0].pointer == "names"


def test_a_value_does_not_depend_on_where_the_answer_starts() -> None:
    bars = some_bars((100 + np.cumsum(np.sin(np.arange(300)))).tolist())
    specs = read_indicators("ema:20,rsi:14,macd")
    whole, cut = indicators_body(bars, specs, None), indicators_body(bars, specs, date(2024, 9, 2))
    assert cut["dates"][0] == "2024-09-02"
    for name, column in cut["indicators"].items():
        assert column.tolist() == whole["indicators"][name][-len(column) :].tolist(), name


def test_a_day_without_a_price_is_null_and_left_out() -> None:
    closes = [1.0, 2, float("nan"), 3, 4]
    column = indicator_columns(some_bars(closes), [IndicatorSpec("sma", (2,))])["sma:2"]
    assert np.isnan(column[[0, 2]]).all()
    assert column[[1, 3, 4]].tolist() == [1.5, 2.5, 3.5]


def test_what_has_no_value_says_why() -> None:
    bars: Bars = replace(some_bars([1.0, 2, 3]))
    body = indicators_body(bars, read_indicators("sma:2,atr:2,sma:9"), None)
    assert set(body["undefined"]) == {"atr:2", "sma:9"}  # these bars have no highs and lows
