"""Which model answers on a laptop."""

from __future__ import annotations

import json

import pytest
from stocktool_dev.layout import Misconfigured
from stocktool_dev.model import chat_environment


def test_key_that_lies_around_is_not_used() -> None:
    chosen = chat_environment(4000, {"OPENAI_API_KEY": "sk-mine"})
    assert chosen == {"OPENAI_BASE_URL": "http://127.0.0.1:4000/v1", "OPENAI_API_KEY": "offline"}


def test_named_models_are_offered_with_the_callers_key() -> None:
    chosen = chat_environment(4000, {"STOCKTOOL_MODEL": "big, small", "OPENAI_API_KEY": "sk-mine", "HOME": "/"})
    assert chosen["OPENAI_API_KEY"] == "sk-mine"
    assert "OPENAI_BASE_URL" not in chosen
    assert list(json.loads(chosen["STOCKTOOL_CHAT_MODELS"])) == ["big", "small"]


def test_own_server_needs_no_key() -> None:
    chosen = chat_environment(4000, {"STOCKTOOL_MODEL": "local", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    assert chosen["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"
    assert chosen["OPENAI_API_KEY"]


def test_model_without_a_way_to_it_names_the_cure() -> None:
    with pytest.raises(Misconfigured, match="OPENAI_API_KEY"):
        chat_environment(4000, {"STOCKTOOL_MODEL": "big"})
