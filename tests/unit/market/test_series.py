"""The bundled data as the stand-in reads it, against the files themselves."""

from __future__ import annotations

import csv
import gzip
import itertools
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest
from stocktool_kit.core.market_now import parse_market_now
from stocktool_kit.testing.clock import FakeClock
from stocktool_market.adapters.bundled import load_series
from stocktool_market.application.market import Market, MarketTime
from stocktool_market.domain.series import Series

from tests.fakes.bundled import closes

DATA = files("stocktool_market") / "data"
DEMO_NOW = datetime(2024, 11, 29, 21, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def series() -> dict[str, Series]:
    return load_series()


def market_at(series: dict[str, Series], now: datetime) -> Market:
    return Market(series, lambda: now)


def test_closes_are_those_of_the_file(series: dict[str, Series]) -> None:
    for symbol in ("AAPL", "SPY", "META"):
        expected = [(day, float(close)) for day, close in closes(symbol).items()]
        found = series[symbol]
        assert [str(day) for day in found.days] == [day for day, _ in expected]
        assert found.close.tolist() == [close for _, close in expected]
        assert found.has_dividends_inside


def test_candles_enclose_their_close_where_they_are_known(series: dict[str, Series]) -> None:
    apple = series["AAPL"]
    known = ~np.isnan(apple.open)
    assert known.sum() == 2054
    assert str(apple.days[known][0]) == "2005-01-03"
    tolerance = 1e-5  # closes have six significant digits
    assert (apple.high[known] >= apple.close[known] * (1 - tolerance)).all()
    assert (apple.low[known] <= apple.close[known] * (1 + tolerance)).all()
    assert np.isnan(apple.high[~known]).all()


def test_volume_is_adjusted_for_splits_or_not_given(series: dict[str, Series]) -> None:
    apple, google = series["AAPL"], series["GOOG"]
    day = apple.last_index(date(2013, 3, 1))
    # As traded that day; 7 for 1 in 2014 and 4 for 1 in 2020 make 28 of each share.
    with gzip.open(str(DATA / "ohlcv.csv.gz"), "rt") as file:
        traded = next(
            float(row["Volume"])
            for row in csv.DictReader(file)
            if (row["Ticker"], row["Date"]) == ("AAPL", "2013-03-01")
        )
    assert apple.volume[day] == traded * 28
    assert np.isnan(google.volume).all()


def test_symbol_with_candles_only_ends_when_they_end(series: dict[str, Series]) -> None:
    snapshot = market_at(series, DEMO_NOW).snapshot("msft")
    assert snapshot is not None
    assert snapshot.series.day(snapshot.last) == date(2013, 3, 1)
    assert snapshot.price == 27.95


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (DEMO_NOW, date(2024, 11, 29)),
        (datetime(2024, 11, 29, 18, 0, tzinfo=UTC), date(2024, 11, 29)),  # the half day's close
        (datetime(2024, 11, 29, 17, 59, tzinfo=UTC), date(2024, 11, 27)),  # Thanksgiving between
        (datetime(2030, 1, 1, tzinfo=UTC), date(2024, 11, 29)),
    ],
)
def test_a_close_is_known_once_its_session_is_over(series: dict[str, Series], now: datetime, day: date) -> None:
    snapshot = market_at(series, now).snapshot("AAPL")
    assert snapshot is not None
    assert snapshot.series.day(snapshot.last) == day


def test_symbol_not_listed_yet_does_not_exist(series: dict[str, Series]) -> None:
    market = market_at(series, datetime(2010, 1, 4, 22, tzinfo=UTC))
    assert market.snapshot("META") is None
    assert market.snapshot("AAPL") is not None
    assert market.snapshot("NOPE") is None


@pytest.mark.parametrize(
    ("query", "fuzzy", "first"),
    [("aapl", False, "AAPL"), ("apple", False, "AAPL"), ("jpmorgan", False, "JPM"), ("APPL", True, "AAPL")],
)
def test_search_finds_by_symbol_name_and_likeness(
    series: dict[str, Series], query: str, fuzzy: bool, first: str
) -> None:
    assert market_at(series, DEMO_NOW).search(query, at_most=5, fuzzy=fuzzy)[0].series.listing.symbol == first


def test_search_without_likeness_finds_no_misspelling(series: dict[str, Series]) -> None:
    market = market_at(series, DEMO_NOW)
    assert market.search("JPMN", at_most=5, fuzzy=False) == []
    assert market.search("JPMN", at_most=5, fuzzy=True)[0].series.listing.symbol == "JPM"


def test_notes_say_what_the_prices_say(series: dict[str, Series]) -> None:
    notes = market_at(series, datetime(2021, 6, 1, 21, tzinfo=UTC)).notes("AAPL", at_most=50)
    rows = [(day, float(close)) for day, close in closes("AAPL").items()]
    falls = [(after / before - 1, day) for (_, before), (day, after) in itertools.pairwise(rows)]
    worst, day = min(fall for fall in falls if fall[1].startswith("2020"))
    assert f"AAPL's largest one-day fall of 2020 was {-worst:.1%} on {day}" in [note.title for note in notes]
    assert any("2021 so far" in note.title for note in notes)
    assert "AAPL split 4 for 1 on 2020-08-31" in [note.title for note in notes]
    instants = [note.published_at for note in notes]
    assert instants == sorted(instants, reverse=True)
    assert instants[0] <= datetime(2021, 6, 1, 21, tzinfo=UTC)


def test_replay_runs_from_its_anchor_at_its_speed() -> None:
    flow = parse_market_now("2024-06-03T13:30:00Z from 2026-11-22T17:00:00Z x17280")
    assert flow is not None
    clock = FakeClock(datetime(2026, 11, 22, 17, 0, tzinfo=UTC))
    time = MarketTime(flow, clock)
    assert time.now() == datetime(2024, 6, 3, 13, 30, tzinfo=UTC)
    clock.advance(5)
    assert time.now() - datetime(2024, 6, 3, 13, 30, tzinfo=UTC) == timedelta(days=1)


@pytest.mark.parametrize("text", ["yesterday", "2024-11-29", "2024-11-29T21:30:00", "2024-06-03T13:30:00Z from x2"])
def test_market_now_refuses_what_it_cannot_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_market_now(text)
