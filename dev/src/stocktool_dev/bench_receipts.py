"""Receipts of a 600-word answer over 40 tool results of real size, against the limit of 10 ms.

Results are read as they arrive, and the answer sentence by sentence as it is written; what a reader waits for after the
last word is the rest. Measured apart, in CPU time, the least of several runs: reading one result, the rest at the end,
the whole answer read at once as if nothing had been read before, and all of it together. The answer is one paragraph,
the worst case: what its figures are computed from is looked for when a paragraph closes.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import cycle

from stocktool_chat.domain.evidence import Evidence, read_evidence
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.receipts import AnswerReader, Status, match_receipts

from stocktool_dev.bench import emit

_LIMIT_MS = 10.0
_RESULTS = 40
_WORDS = 600
_RUNS = 15
_NAMES = "AAPL MSFT JPM XOM PFE SBUX META MA BAC SPY NVDA KO PEP WMT CVX GE DIS IBM INTC CSCO"
_SYMBOLS = _NAMES.split()
_METRICS = "total_return cagr volatility sharpe sortino calmar max_drawdown var95_hist cvar95_hist beta correlation"
_FIRST = date(2024, 1, 2)


def _money(amount: float) -> JsonObject:
    return {"amount": f"{amount:.2f}", "currency": "USD"}


def _holdings(dice: random.Random) -> JsonObject:
    """A valuation of 20 holdings: some 200 values."""
    items: list[Json] = []
    for symbol in _SYMBOLS:
        price, quantity, cost = dice.uniform(20, 900), dice.randint(5, 400), dice.uniform(15, 700)
        items.append(
            {
                "symbol": symbol,
                "quantity": str(quantity),
                "cost_basis": _money(cost * quantity),
                "price": _money(price),
                "price_as_of": "2024-11-29",
                "market_value": _money(price * quantity),
                "unrealised": _money((price - cost) * quantity),
                "unrealised_return": price / cost - 1,
                "weight": dice.uniform(0.005, 0.2),
            }
        )
    return {"as_of": "2024-11-29", "items": items, "total": _money(dice.uniform(1e5, 1e6))}


def _bars(dice: random.Random) -> JsonObject:
    """Closes and volumes of a year: some 500 values and 250 days."""
    days = [(_FIRST + timedelta(days=at)).isoformat() for at in range(250)]
    return {
        "symbol": dice.choice(_SYMBOLS),
        "currency": "USD",
        "dates": list(days),
        "close": [round(dice.uniform(100, 300), 3) for _ in days],
        "volume": [dice.randint(10**6, 10**8) for _ in days],
    }


def _risk(dice: random.Random) -> JsonObject:
    """Metrics of five symbols: some 70 values."""
    names = _METRICS.split()
    items: list[Json] = [
        {"symbol": symbol, "metrics": {name: dice.uniform(-1, 2) for name in names}}
        for symbol in dice.sample(_SYMBOLS, 5)
    ]
    return {"start": "2024-01-01", "end": "2024-11-29", "items": items}


def _ledger(dice: random.Random) -> JsonObject:
    """Twenty entries of a ledger: some 100 values."""
    items: list[Json] = [
        {
            "date": (_FIRST + timedelta(days=dice.randint(0, 300))).isoformat(),
            "type": dice.choice(("buy", "sell")),
            "symbol": dice.choice(_SYMBOLS),
            "quantity": str(dice.randint(1, 90)),
            "price": f"{dice.uniform(20, 600):.3f}",
            "fee": "4.95",
            "currency": "USD",
        }
        for _ in range(20)
    ]
    return {"total_count": 20, "items": items}


def conversation() -> tuple[str, list[Evidence]]:
    """An answer and the evidence behind it; a tenth of its figures is made up."""
    dice = random.Random(20241129)  # noqa: S311  # made-up holdings, the same at every run
    makers = cycle((_holdings, _bars, _risk, _ledger))
    evidence = [read_evidence(f"call_{at}", next(makers)(dice)) for at in range(_RESULTS)]
    owned: dict[str, dict[str, str]] = {}
    for each in evidence:
        for value in each.values:
            if value.symbol and not value.series and value.call_id == "call_0":
                owned.setdefault(value.symbol, {})[value.key] = f"{value.value:.4f}"
    sentences: list[str] = []
    for at, symbol in enumerate(cycle(_SYMBOLS)):
        facts = owned[symbol]
        worth = float(facts["market_value"]) * (1.01 if at % 10 == 9 else 1)
        held, price, weight = float(facts["quantity"]), float(facts["price"]), float(facts["weight"])
        sentences.append(
            f"You hold {held:.0f} shares of {symbol}, worth ${worth:,.2f} on 29 November 2024, "
            f"which is {weight:.1%} of the portfolio at a price of ${price:,.2f}."
        )
        if len(" ".join(sentences).split()) >= _WORDS:
            return " ".join(sentences), evidence
    raise AssertionError("a cycle does not end")


def _least(run: Callable[[int], Callable[[], object]]) -> float:
    """The least CPU time of several runs, in milliseconds; each is prepared first, by its number."""
    spent = []
    for number in range(_RUNS):
        prepared = run(number)
        begin = time.thread_time()
        prepared()
        spent.append((time.thread_time() - begin) * 1000)
    return min(spent)


def main() -> int:
    """Measure; a run whose receipts are wrong is no measurement."""
    text, evidence = conversation()
    receipts = match_receipts(text, evidence)
    backed = sum(receipt.status is not Status.UNMATCHED for receipt in receipts)
    if backed < len(receipts) * 0.9:
        print(f"bench: only {backed} of {len(receipts)} figures have receipts", file=sys.stderr)
        return 1

    def of_run(number: int) -> str:
        return " " * number + text  # another text each time: what is remembered of one does not count

    def at_once(number: int) -> Callable[[], object]:
        whole = of_run(number)
        return lambda: match_receipts(whole, evidence)

    def rest(number: int) -> Callable[[], object]:
        whole = of_run(number + _RUNS)
        reader = AnswerReader(evidence)
        for sentence in re.finditer(r"\.\s", whole):
            reader.read(whole[: sentence.end()])
        return lambda: reader.receipts(whole)

    def reading(_: int) -> Callable[[], object]:
        return lambda: [read_evidence(f"call_{at}", each.result) for at, each in enumerate(evidence)]

    results, whole = _least(reading), _least(at_once)
    emit("receipts_reading_one_result", results / len(evidence), "ms")
    emit("receipts_after_the_last_word", _least(rest), "ms", _LIMIT_MS)
    emit("receipts_answer_read_at_once", whole, "ms", _LIMIT_MS)
    emit("receipts_all_work", results + whole, "ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
