"""yfinance behind one door: loaded at the first call, pointed where the settings say, its errors made ours."""

from __future__ import annotations

import atexit
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.adapters.token_bucket import TokenBucket
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable, SymbolNotFound

T = TypeVar("T")

_NOT_FOUND, _TOO_MANY = 404, 429


@dataclass(frozen=True, slots=True)
class YahooOptions:
    """How the provider is called.

    Attributes:
        base_url: Where `https://HOST/path` is asked as `<base_url>/HOST/path`; empty: Yahoo itself.
        timeout_seconds: Limit of one call.
        calls_per_second: Budget of all processes together.
        burst: Calls at once after a pause.
        threads: Calls at a time.
        share: This process's part of the budget to begin with; see `ShardLeases`.
    """

    base_url: str = ""
    timeout_seconds: float = 8.0
    calls_per_second: float = 2.0
    burst: int = 20
    threads: int = 6
    share: float = 1.0


class YFinanceClient:
    """Runs blocking yfinance code on bounded threads, within the budget.

    Args:
        options: How the provider is called.

    Attributes:
        budget: This process's part of the calls.
    """

    def __init__(self, options: YahooOptions) -> None:
        self._options = options
        self._limiter = Limiter(options.threads)
        self.budget = TokenBucket(options.calls_per_second, options.burst, share=options.share)
        self._lock = threading.Lock()
        self._library: Any = None
        self._session: Any = None

    async def run(self, function: Callable[[YahooCalls], T], symbol: str = "") -> T:
        """Run a function of the library on a thread.

        Raises:
            ProviderLimited: The provider, or our budget, refuses.
            ProviderUnavailable: No answer, or one that cannot be read.
            SymbolNotFound: The provider says so about `symbol`.
        """
        await self.budget.take()
        return await run_blocking(self._limiter, self._run, function, symbol)

    def close(self) -> None:
        """Close the session's connections."""
        if self._session is not None:
            self._session.close()

    def _run(self, function: Callable[[YahooCalls], T], symbol: str) -> T:
        calls = self._calls()
        try:
            return function(calls)
        except StockToolError:
            raise
        except Exception as error:
            # Its cache keeps refusals as well as answers: drop them, or a passing fault would stay for good.
            calls.data.cache_get.cache_clear()
            raise _ours(error, symbol) from error

    def _calls(self) -> YahooCalls:
        with self._lock:
            if self._library is None:
                self._library, self._session = _load(self._options)
        _silence()
        return YahooCalls(self._library, self._session, self._options.timeout_seconds)


@dataclass(frozen=True, slots=True)
class YahooCalls:
    """What adapters use of the library."""

    library: Any
    session: Any
    timeout_seconds: float

    @property
    def data(self) -> Any:
        """The library's own HTTP layer, with cookie and crumb."""
        return self.library.data.YfData(session=self.session)

    def ticker(self, symbol: str) -> Any:
        """A symbol bound to our session: one made without it would replace the session for everybody."""
        return self.library.Ticker(symbol, session=self.session)

    def json(self, url: str, parameters: Mapping[str, str]) -> Any:
        """One JSON document of Yahoo's."""
        return self.data.get_raw_json(url, params=dict(parameters), timeout=self.timeout_seconds)


def _load(options: YahooOptions) -> tuple[Any, Any]:
    """Import the library (it brings pandas: seconds and 60 MB, so never at start-up) and make its session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import yfinance as library  # type: ignore[import-untyped] # noqa: PLC0415
        from curl_cffi import requests as curl  # noqa: PLC0415

    class Session(curl.Session):  # type: ignore[type-arg]  # generic in its stubs only
        """The library's session, sent elsewhere where the settings say so."""

        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
            """Ask `<base_url>/HOST/path` for `https://HOST/path`."""
            kwargs["timeout"] = options.timeout_seconds  # the library waits 30 s for cookies
            if options.base_url and url.startswith("https://"):
                url = f"{options.base_url.rstrip('/')}/{url.removeprefix('https://')}"
            return super().request(method, url, *args, **kwargs)

    library.config.debug.hide_exceptions = False
    library.set_tz_cache_location(_cache_folder())
    # Its caches make their SQLite files at their first use, and two threads that do so at once lock each other out.
    for each in (library.cache.get_tz_cache(), library.cache.get_cookie_cache(), library.cache.get_isin_cache()):
        each.initialise()
    # On plain connections curl offers HTTP/2 by an upgrade, which development servers refuse with a warning each time.
    plain = options.base_url.startswith("http://")
    return library, Session(impersonate="chrome", http_version="v1" if plain else None)


@cache
def _cache_folder() -> str:
    """Where the library keeps time zones and cookies, in SQLite: one writable folder per process, as the library is."""
    folder = tempfile.TemporaryDirectory(prefix="stocktool-yfinance-")
    atexit.register(folder.cleanup)
    return folder.name


def _silence() -> None:
    """Keep the library's own deprecations out of the log; set at each call, since test runners reset filters."""
    from pandas.errors import Pandas4Warning  # type: ignore[import-untyped] # noqa: PLC0415

    warnings.filterwarnings("ignore", category=Pandas4Warning)


def _ours(error: Exception, symbol: str) -> StockToolError:
    from curl_cffi.requests import exceptions as curl  # noqa: PLC0415 - heavy, see `_load`
    from yfinance import exceptions as yahoo  # noqa: PLC0415

    status = getattr(error.response, "status_code", 0) if isinstance(error, curl.HTTPError) else 0
    if isinstance(error, yahoo.YFRateLimitError) or status == _TOO_MANY:
        return ProviderLimited("Yahoo refuses calls for their number", retry_after_seconds=30)
    if isinstance(error, yahoo.YFTickerMissingError) or (status == _NOT_FOUND and symbol):
        return SymbolNotFound(symbol)
    if status:
        return ProviderUnavailable(f"Yahoo answered {status}")
    if isinstance(error, curl.Timeout):
        return ProviderUnavailable("Yahoo did not answer in time")
    if isinstance(error, curl.RequestException):
        return ProviderUnavailable("Yahoo cannot be reached")
    return ProviderUnavailable("Yahoo's answer could not be read")
