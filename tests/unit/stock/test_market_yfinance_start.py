"""The provider library's own caches survive being used by several threads at once from the first call on."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own: the library keeps its caches in module state, which other tests have long set up.
FIRST_CALLS_AT_ONCE = """
import asyncio

from stocktool_stock.adapters.yfinance_client import YahooCalls, YahooOptions, YFinanceClient


def look(calls: YahooCalls) -> None:
    cache = calls.library.cache
    for each in (cache.get_tz_cache(), cache.get_cookie_cache(), cache.get_isin_cache()):
        each.lookup("AAPL")


async def main() -> None:
    client = YFinanceClient(YahooOptions(calls_per_second=1000, burst=1000, threads=6))
    async with asyncio.TaskGroup() as group:
        for _ in range(24):
            group.create_task(client.run(look))
    client.close()


asyncio.run(main())
"""


@pytest.mark.parametrize("attempt", range(3))  # a race: one attempt finds it every third time
def test_first_calls_at_once_do_not_lock_each_other_out(attempt: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_CALLS_AT_ONCE], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
