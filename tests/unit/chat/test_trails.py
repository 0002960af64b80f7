"""A receipt knows which figure of the portfolio it shows, and with what question its trail is asked for."""

from __future__ import annotations

import pytest
from stocktool_chat.domain.trails import Trail, trail_of

from tests.labelled_answers import result

PORTFOLIO = "prt_01m82rt843n78jjwys7w0dv2hb"
YEAR = {"start": "2024-01-01", "end": "2024-11-29"}

TRAILS = [
    ("holdings", "$.total", "market_value", {"as_of": "2024-11-29"}),
    ("holdings", "$.cash_value", "cash", {"as_of": "2024-11-29"}),
    ("holdings", "$.unrealised", "unrealised", {"as_of": "2024-11-29"}),
    ("holdings", "$.realised", "realised", {"end": "2024-11-29"}),
    ("holdings", "$.items[1].unrealised_return", "unrealised_return", {"as_of": "2024-11-29", "symbol": "AAPL"}),
    ("holdings", "$.items[0].quantity", "market_value", {"as_of": "2024-11-29", "symbol": "SPY"}),
    ("performance_2024", "$.twr", "twr", YEAR),
    ("performance_2024", "$.gain", "gain", YEAR),
    ("performance_2024", "$.benchmark.twr", "benchmark_twr", YEAR | {"benchmark": "SPY"}),
    ("performance_2024", "$.value_start", "market_value", {"as_of": "2024-01-01"}),
    ("risk_2024", "$.metrics.beta", "beta", YEAR | {"benchmark": "SPY"}),
    ("risk_2022", "$.metrics.volatility", "volatility", {"start": "2022-01-01", "end": "2022-12-31"}),
    ("contribution", "$.contribution.items[3].contribution", "contribution", YEAR | {"symbol": "AAPL"}),
    ("contribution", "$.contribution.total_return", "twr", YEAR),
    ("sectors", "$.total", "market_value", {"as_of": "2024-11-29"}),
    ("tax_lots", "$.total.gain", "realised", {"end": "2024-11-29"}),
    ("performance_2024", "$.fees", "fees", YEAR),
    ("income", "$.received.gross", "income", {"start": "2023-12-31", "end": "2024-11-29"}),
    ("income", "$.by_month[1].gross", "income", {"start": "2024-05-31", "end": "2024-06-30"}),
    (
        "income",
        "$.by_holding[0].received.gross",
        "income",
        {"start": "2023-12-31", "end": "2024-11-29", "symbol": "JPM"},
    ),
]


@pytest.mark.parametrize(("name", "path", "figure", "query"), TRAILS)
def test_a_portfolio_figure_has_a_trail(name: str, path: str, figure: str, query: dict[str, str]) -> None:
    assert trail_of(path, result(name)) == Trail(PORTFOLIO, figure, query)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("holdings", "count($.items)"),
        ("holdings", "$.cash[0]"),
        ("income", "$.received.tax"),
        ("income", "$.trailing_12_months.gross"),
        ("income", "$.by_holding[0].trailing_12_months.gross"),
        ("sectors", "$.slices[1].weight"),
        ("contribution", "$.contribution.items[8].contribution"),
        ("quotes", "$.items[0].price"),
        ("trail_aapl", "$.amount"),
        ("lease", "$.hits[0].text"),
        ("xray", "$.rules[0].value"),
    ],
)
def test_what_the_ledger_keeps_no_trail_of_has_none(name: str, path: str) -> None:
    assert trail_of(path, result(name)) is None


def test_since_inception_no_start_is_asked_for() -> None:
    whole = {**result("performance_2024"), "since_inception": True}
    assert trail_of("$.net_flows", whole) == Trail(PORTFOLIO, "net_flows", {"end": YEAR["end"]})
    assert trail_of("$.value_start", whole) is None, "nothing was there before"
