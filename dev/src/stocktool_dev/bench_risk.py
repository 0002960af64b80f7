"""The whole set of risk figures of twenty series over five years, against quantstats' own in the same run.

quantstats lives in an environment of its own, made for the run: the project never depends on it.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
from stocktool_stock.application.analyse_series import PriceSeries, analyse_series

from stocktool_dev.bench import BenchFailed, emit
from stocktool_dev.emulator import ROOT

BASELINE = "quantstats==0.0.86"
_DAYS = 5 * 252 + 1
_RUNS = 5
# The figures both have, each by its own function there; all of them come with one call here, and more.
_THEIRS = """
import sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
import quantstats.stats as qs
prices = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)
returns = prices.pct_change().iloc[1:]
benchmark = returns["SPY"]
single = (qs.comp, qs.cagr, qs.volatility, qs.sharpe, qs.sortino, qs.calmar, qs.skew, qs.kurtosis, qs.max_drawdown,
          qs.value_at_risk, qs.conditional_value_at_risk, qs.worst)
def run():
    for name in returns:
        series = returns[name]
        for figure in single:
            figure(series)
        qs.drawdown_details(qs.to_drawdown_series(series))
        qs.greeks(series, benchmark)
        qs.information_ratio(series, benchmark)
        series.corr(benchmark)
    returns.corr()
run()
for _ in range(int(sys.argv[2])):
    before = time.process_time()
    run()
    print(time.process_time() - before)
"""


def closes() -> tuple[list[str], list[str], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Days, names and prices of the last five years of the bundled history."""
    packed = resources.files("stocktool_market").joinpath("data/closes.csv.gz").read_bytes()
    rows = list(csv.reader(io.StringIO(gzip.decompress(packed).decode())))
    head, body = rows[0], [row for row in rows[1:] if row][-_DAYS:]
    return (
        [row[0] for row in body],
        head[1:],
        np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in body]),
    )


def ours(given: PriceSeries) -> float:
    """CPU seconds of one run here."""
    return _least(lambda: analyse_series(given))


def theirs(days: list[str], names: list[str], prices: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """CPU seconds of one run there."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    with tempfile.TemporaryDirectory(prefix="stocktool-bench-") as home:
        table, script = Path(home, "closes.csv"), Path(home, "baseline.py")
        with table.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["date", *names])
            writer.writerows([day, *row] for day, row in zip(days, prices.tolist(), strict=True))
        script.write_text(_THEIRS)
        command = (uv, "run", "-q", "--no-project", "--python", sys.executable, "--with", BASELINE, "python")
        done = subprocess.run(
            [*command, str(script), str(table), str(_RUNS)],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
            timeout=600,
        )
        if done.returncode:
            raise BenchFailed(f"{BASELINE}:\n{done.stderr}")
        return min(float(line) for line in done.stdout.split())


def _least(run: Callable[[], object]) -> float:
    run()
    seconds = []
    for _ in range(_RUNS):
        before = time.process_time()
        run()
        seconds.append(time.process_time() - before)
    return min(seconds)


def main() -> int:
    """Measure both."""
    days, names, prices = closes()
    columns = {name: prices[:, at].copy() for at, name in enumerate(names)}
    given = PriceSeries(np.array(days, dtype="datetime64[D]"), columns, benchmark=columns["SPY"])
    try:
        emit("risk_20_series_5_years_cpu", ours(given) * 1000, "ms", theirs(days, names, prices) * 1000)
    except (BenchFailed, OSError, subprocess.TimeoutExpired) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
