"""Where reports go: a folder on this machine, and the admin service of a mesh, which keeps them in S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx

from stocktool_dev.evaluation.asking import again

PATH = "/api/admin/v1/evaluations"


class NotKept(Exception):
    """A report could not be stored; the message says why."""


class ReportKeeper(Protocol):
    """Keeps reports of runs."""

    def keep(self, report: Mapping[str, Any]) -> str:
        """Store a report, once, and say where it is.

        Raises:
            NotKept: It cannot be stored there.
        """
        ...


class FolderKeeper:
    """A file a report.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, report: Mapping[str, Any]) -> str:
        """See the port."""
        path = self._folder / f"{report['id']}.json"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise NotKept(str(error)) from error
        return str(path)


class AdminKeeper:
    """The admin service of a mesh.

    Args:
        client: An administrator's client.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def keep(self, report: Mapping[str, Any]) -> str:
        """See the port."""
        body = {name: value for name, value in report.items() if name != "id"}
        answer = again(lambda: self._client.put(f"{PATH}/{report['id']}", json=body))
        if answer.is_error:
            raise NotKept(f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:400]}")
        return f"{self._client.base_url}{PATH.lstrip('/')}/{report['id']}"


def kept(folder: Path) -> list[dict[str, Any]]:
    """The reports of a folder, oldest first; what is no report is passed over."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return found
