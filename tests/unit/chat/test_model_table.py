"""The settings file of models: names agree, and Python's defaults are those of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from stocktool_chat.bootstrap import model_table
from stocktool_chat.settings import ModelTable, Settings
from stocktool_kit.testing.process import ephemeral

ADDRESSES = {"stock_address": "x:1", "rag_address": "x:2", "auth_address": "x:3"}


def test_without_a_file_the_settings_offer_the_models() -> None:
    table = model_table(Settings.model_validate(ephemeral(**ADDRESSES, models={"a": {}, "b": {}}, default_model="b")))
    assert (list(table.models), table.default, table.fallback, table.providers) == (["a", "b"], "b", "", {})


def test_a_file_takes_the_place_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('fallback = "x"\n[models.x]\ninput_per_million = 0.1\n')
    table = model_table(Settings.model_validate(ephemeral(**ADDRESSES, models_file=file)))
    assert str(table.models["x"].input_per_million) == "0.1", "decimals stay what was written"
    assert table.fallback == "x"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"models": {}}, "at least 1"),
        ({"models": {"a": {}}, "default": "b"}, "'b' is not among the models; there are: a"),
        ({"models": {"a": {}}, "fallback": "b"}, "'b' is not among the models"),
        ({"models": {"a": {"provider": "p"}}}, "names provider 'p', which is not among the providers"),
        ({"models": {"a": {"price": 1}}}, "Extra inputs"),
        ({"models": {"a": {"input_per_million": -1}}}, "greater than or equal to 0"),
        ({"models": {"a": {}}, "providers": {"p": {"base_url": ""}}}, "at least 1"),
    ],
)
def test_what_does_not_agree_is_named(table: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ModelTable.model_validate(table)
