"""What models cost, and what a turn may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from stocktool_chat.domain.errors import BudgetExceeded, UnknownModel

_MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens read and written; `cached` of those read cost less, since the provider had read them before."""

    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model of this deployment with its prices in USD per million tokens; None when no price is listed.

    Attributes:
        cached_input_per_million: Of tokens the provider had read before; None: as others that are read.
    """

    name: str
    input_per_million: Decimal | None = None
    output_per_million: Decimal | None = None
    cached_input_per_million: Decimal | None = None

    def cost(self, tokens: Tokens) -> Decimal | None:
        """Price in USD; None when none is listed."""
        if self.input_per_million is None or self.output_per_million is None:
            return None
        again = self.input_per_million if self.cached_input_per_million is None else self.cached_input_per_million
        fresh = tokens.input - tokens.cached
        return (self.input_per_million * fresh + again * tokens.cached + self.output_per_million * tokens.output) / (
            1_000_000
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models on offer.

    Attributes:
        fallback: Model that answers when the one that was asked for does not; None: the turn fails.
    """

    offers: Mapping[str, ModelOffer]
    default: str
    fallback: str | None = None

    def offer(self, name: str | None) -> ModelOffer:
        """The model by name, or the default one.

        Raises:
            UnknownModel: The deployment does not offer it.
        """
        try:
            return self.offers[name or self.default]
        except KeyError:
            raise UnknownModel(f"no model {name!r} here; GET /models lists them", model=name) from None

    def goes_on(self, before: str | None) -> ModelOffer:
        """The model of a turn that names none: that of the turn it follows, while it is offered, else the default."""
        return self.offers.get(before or "") or self.offer(None)

    def instead_of(self, name: str) -> str | None:
        """The model to ask when this one does not answer."""
        return None if self.fallback == name else self.fallback

    def cost(self, spending: Spending) -> str | None:
        """Price of a turn in USD to the millionth, as decimal text; None when a model of it has no price."""
        total = Decimal(0)
        for name, tokens in spending.tokens.items():
            offer = self.offers.get(name)
            price = None if offer is None else offer.cost(tokens)
            if price is None:
                return None
            total += price
        return f"{total.quantize(_MICRO):f}"


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
        turn_tool_bytes: The same of all results together.
    """

    steps: int = 8
    seconds: float = 120.0
    tokens: int = 200_000
    tool_calls: int = 32
    tool_seconds: float = 10.0
    tool_bytes: int = 24_000
    turn_tool_bytes: int = 200_000


@dataclass(slots=True)
class Spending:
    """What a turn has used so far.

    Attributes:
        tokens: By model: a fallback may have answered parts of it.
        tool_bytes: JSON bytes of results that the model was shown.
        no_room: Whether a result was cut because results may not take more.
    """

    tokens: dict[str, Tokens] = field(default_factory=dict)
    tool_calls: int = 0
    tool_bytes: int = 0
    no_room: bool = False

    @property
    def input_tokens(self) -> int:
        """Tokens read by all models."""
        return sum(each.input for each in self.tokens.values())

    @property
    def output_tokens(self) -> int:
        """Tokens written by all models."""
        return sum(each.output for each in self.tokens.values())

    def add_tokens(self, model: str, step: Tokens) -> None:
        """Count one step."""
        before = self.tokens.get(model, Tokens())
        self.tokens[model] = Tokens(before.input + step.input, before.output + step.output, before.cached + step.cached)

    def add_tool(self, size: int, *, no_room: bool) -> None:
        """Count a result as the model is shown it."""
        self.tool_bytes += size
        self.no_room = self.no_room or no_room

    def tool_room(self, budget: Budget) -> int:
        """Bytes that further results may take."""
        return max(budget.turn_tool_bytes - self.tool_bytes, 0)

    def no_more_tools(self, budget: Budget) -> bool:
        """Whether what is known must do: all calls are made, or a result more could not be shown."""
        return self.tool_calls >= budget.tool_calls or self.no_room

    def check(self, budget: Budget) -> None:
        """Refuse another step when the tokens are used up.

        Raises:
            BudgetExceeded: They are.
        """
        used = self.input_tokens + self.output_tokens
        if used >= budget.tokens:
            raise BudgetExceeded(f"the answer used {used} tokens of {budget.tokens} it may use", used=used)
