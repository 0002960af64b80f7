from __future__ import annotations

import stat
from pathlib import Path

import pytest
from stocktool_dev.vault import WeakPassword, load


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = load(path, {})
    assert load(path, {}) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.service_token) >= 32
    assert first.demo_password != first.admin_password


def test_given_password_is_used_for_both_and_remembered(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    token = load(path, {}).service_token
    given = load(path, {"STOCKTOOL_DEMO_PASSWORD": "a long enough one"})
    assert (given.demo_password, given.admin_password) == ("a long enough one", "a long enough one")
    assert load(path, {}).demo_password == "a long enough one"
    assert given.service_token == token


def test_short_password_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeakPassword, match="STOCKTOOL_DEMO_PASSWORD"):
        load(tmp_path / "secrets.json", {"STOCKTOOL_DEMO_PASSWORD": "short"})


def test_secrets_do_not_show_in_a_traceback(tmp_path: Path) -> None:
    secrets = load(tmp_path / "secrets.json", {})
    assert secrets.service_token not in repr(secrets)
