"""What models cost, and what a turn may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from stocktool_chat.domain.errors import BudgetExceeded, UnknownModel

_MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model of this deployment with its prices in USD per million tokens; None when no price is listed."""

    name: str
    input_per_million: Decimal | None = None
    output_per_million: Decimal | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> str | None:
        """Price of a turn in USD to the millionth, as decimal text."""
        if self.input_per_million is None or self.output_per_million is None:
            return None
        price = (self.input_per_million * input_tokens + self.output_per_million * output_tokens) / 1_000_000
        return f"{price.quantize(_MICRO):f}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models on offer."""

    offers: Mapping[str, ModelOffer]
    default: str

    def offer(self, name: str | None) -> ModelOffer:
        """The model by name, or the default one.

        Raises:
            UnknownModel: The deployment does not offer it.
        """
        try:
            return self.offers[name or self.default]
        except KeyError:
            raise UnknownModel(f"no model {name!r} here; GET /models lists them", model=name) from None


@dataclass(frozen=True, slots=True)
class Budget:
    """What one turn may use.

    Attributes:
        steps: Calls of the model; the last one may not call tools.
        seconds: Wall time.
        tokens: Input and output of all steps together.
        tool_calls: Tool calls of all steps together.
        tool_seconds: Wall time of one tool call.
        tool_bytes: JSON bytes of one result as the model sees it.
    """

    steps: int = 8
    seconds: float = 120.0
    tokens: int = 200_000
    tool_calls: int = 32
    tool_seconds: float = 10.0
    tool_bytes: int = 24_000


@dataclass(slots=True)
class Spending:
    """What a turn has used so far."""

    input_tokens: int = 0
    output_tokens: int = 0
    tool_calls: int = 0

    def add_tokens(self, input_tokens: int, output_tokens: int) -> None:
        """Count one step."""
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens

    def check(self, budget: Budget) -> None:
        """Refuse another step when the tokens are used up.

        Raises:
            BudgetExceeded: They are.
        """
        used = self.input_tokens + self.output_tokens
        if used >= budget.tokens:
            raise BudgetExceeded(f"the answer used {used} tokens of {budget.tokens} it may use", used=used)
