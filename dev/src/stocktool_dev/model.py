"""Which model answers: the offline analyst, unless the person names another and gives what it takes to reach it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stocktool_dev.layout import Misconfigured

VARIABLE = "STOCKTOOL_MODEL"


def chat_environment(analyst_port: int, environment: Mapping[str, str]) -> dict[str, str]:
    """What the chat service needs to reach its model.

    A key that happens to lie in the caller's environment is never used: answers would cost somebody money unasked.

    Args:
        analyst_port: Port of the offline analyst.
        environment: The caller's; `STOCKTOOL_MODEL` names one model, or more with commas.

    Raises:
        Misconfigured: A model is named, and neither a key nor another address for it is given.
    """
    names = [name.strip() for name in environment.get(VARIABLE, "").split(",") if name.strip()]
    if not names:
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{analyst_port}/v1", "OPENAI_API_KEY": "offline"}
    given = {key: value for key, value in environment.items() if key.startswith("OPENAI_")}
    if not given.get("OPENAI_API_KEY"):
        if not given.get("OPENAI_BASE_URL"):
            raise Misconfigured(
                f"{VARIABLE} is {environment[VARIABLE]!r}, and there is no OPENAI_API_KEY; set it, or OPENAI_BASE_URL"
                " for a server that asks for none"
            )
        given["OPENAI_API_KEY"] = "none"
    return given | {"STOCKTOOL_CHAT_MODELS": json.dumps({name: {} for name in names})}
