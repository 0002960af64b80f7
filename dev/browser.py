"""Finds a Chromium for the browser tests, or gets one; prints the path of its executable.

Order: STOCKTOOL_CHROMIUM, the system's Chromium or Chrome, Playwright's own, Playwright's download, Debian's package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "STOCKTOOL_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def candidates() -> Iterator[str]:
    """Executables that may be there already, best first."""
    yield from (path for name in NAMES if (path := shutil.which(name)))
    yield from (path for path in MAC if Path(path).is_file())
    if own := playwrights_own():
        yield own


def playwrights_own() -> str | None:
    """The browser that `playwright install chromium` puts into the user's cache."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - imported late: most machines need it not

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def works(path: str) -> bool:
    """True if it starts; a package manager's stub does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find() -> str | None:
    """A Chromium that is there and starts."""
    if given := os.environ.get(VARIABLE):
        if works(given):
            return given
        sys.exit(
            f"{VARIABLE} is {given!r}, which does not start\n  cure: give the path of a Chromium or Chrome, or unset it"
        )
    return next((path for path in candidates() if works(path)), None)


def get() -> str | None:
    """Download a Chromium, or install Debian's where the download is refused and we may."""
    print("no Chromium found; asking Playwright for one", file=sys.stderr)
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(playwright, stdout=sys.stderr, check=False).returncode == 0 and (path := find()):
        return path
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("the download was refused; installing Debian's package", file=sys.stderr)
        quiet = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-yq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, stdout=sys.stderr, env=quiet, check=False)
        return find()
    return None


def main() -> int:
    """Print the executable's path; status 1 if there is none to be had."""
    if path := find() or get():
        print(path)
        return 0
    print(
        f"no Chromium for the browser tests\n  cure: install Chromium or Chrome, or set {VARIABLE} to one",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
