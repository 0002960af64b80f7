"""Settings of the chat service."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class ModelSettings(BaseModel):
    """Prices of one model in USD per million tokens, absent: not known, and shown as such; and where it is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_per_million: Decimal | None = Field(default=None, ge=0, description="Price of a million tokens read.")
    output_per_million: Decimal | None = Field(default=None, ge=0, description="Price of a million tokens written.")
    cached_input_per_million: Decimal | None = Field(
        default=None, ge=0, description="Price of a million tokens the provider had read before; default: as others."
    )
    provider: str = Field(default="", description="One of the providers; empty: the one OPENAI_BASE_URL names.")
    deployment: str = Field(default="", description="What the provider calls the model; empty: the same.")


class ProviderSettings(BaseModel):
    """A server that speaks OpenAI's Responses API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(min_length=1, description="Such as https://name.openai.azure.com/openai/v1/.")
    api_version: str = Field(default="", description="For Azure OpenAI alone, such as preview.")


class ModelTable(BaseModel):
    """The models on offer, as the settings file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: str = Field(default="", description="Model when none is asked for; empty: the first.")
    fallback: str = Field(default="", description="Model that answers when another one does not; empty: none.")
    models: dict[str, ModelSettings] = Field(min_length=1, description="Models by the name that people choose.")
    providers: dict[str, ProviderSettings] = Field(default={}, description="Providers by name.")

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        for name in filter(None, (self.default, self.fallback)):
            if name not in self.models:
                raise ValueError(f"{name!r} is not among the models; there are: {', '.join(self.models)}")
        for name, model in self.models.items():
            if model.provider and model.provider not in self.providers:
                raise ValueError(f"model {name!r} names provider {model.provider!r}, which is not among the providers")
        return self


class Settings(ServiceSettings):
    """What a chat process needs. The openai SDK reads OPENAI_BASE_URL and OPENAI_API_KEY itself."""

    model_config = SettingsConfigDict(env_prefix="STOCKTOOL_CHAT_", frozen=True)

    service: str = Field(default="chat", description="Name of the process in logs, traces and metrics.")
    stock_address: str = Field(description="gRPC target of the stock service.")
    rag_address: str = Field(description="gRPC target of the rag service.")
    advertise_address: str = Field(
        default="", description="gRPC target under which other chat processes reach this one; default host and port."
    )
    conversations_table: str = Field(default="stocktool-conversations", description="DynamoDB table of conversations.")
    usage_table: str = Field(default="stocktool-usage", description="DynamoDB table of usage counters.")
    knowledge_bucket: str = Field(default="stocktool-knowledge", description="Bucket of large tool results.")
    models: dict[str, ModelSettings] = Field(
        default={"offline-analyst": ModelSettings(input_per_million=Decimal(0), output_per_million=Decimal(0))},
        min_length=1,
        description="Models on offer with their prices, as JSON; without a models file.",
    )
    default_model: str = Field(default="", description="Model when none is asked for; empty: the first on offer.")
    models_file: Path | None = Field(
        default=None, description="TOML file of models, prices and providers, instead of `models` and `default_model`."
    )
    provider_keys: dict[str, SecretStr] = Field(default={}, description="API keys by provider of the file, as JSON.")
    model_failures: int = Field(default=5, ge=1, description="Failures in a row after which a model is spared a while.")
    model_timeout_seconds: float = Field(default=60.0, gt=0, description="Longest silence of the model.")
    model_retries: int = Field(default=1, ge=0, le=5, description="Repeats of a model call refused before it began.")
    turn_steps: int = Field(default=8, ge=1, description="Model calls of one turn.")
    turn_seconds: float = Field(default=120.0, gt=0, le=1800, description="Time of one turn.")
    turn_tokens: int = Field(default=200_000, gt=0, description="Tokens of one turn, read and written.")
    turn_tool_calls: int = Field(default=32, ge=1, description="Tool calls of one turn.")
    web_search_address: str = Field(
        default="",
        description="Search of the web that speaks Brave's API (https://api.search.brave.com/res/v1/web/search); "
        "empty: no tool searches the web.",
    )
    web_search_key: SecretStr = Field(default=SecretStr(""), description="Key of that search.")
    tool_seconds: float = Field(default=10.0, gt=0, description="Time of one tool call.")
    tool_bytes: int = Field(default=24_000, ge=1_000, description="JSON bytes of one result as the model sees it.")
    tool_kept_seconds: float = Field(
        default=30.0,
        ge=0,
        le=300,
        description="How long facts of the market that a tool gave are told again to the same user; 0: not at all.",
    )
    turn_tool_bytes: int = Field(
        default=200_000, ge=1_000, description="JSON bytes of all results of one turn as the model sees them."
    )
    daily_cost_usd: Decimal | None = Field(
        default=Decimal(5), gt=0, description="What one user's questions may cost in a day in UTC; null: no limit."
    )
    daily_tokens: int | None = Field(
        default=None, gt=0, description="Tokens one user's questions may use in a day in UTC; null: no limit."
    )
    max_running_turns: int = Field(default=256, ge=1, description="Turns this process answers at once.")
    lease_seconds: float = Field(default=15.0, gt=0, description="How long a turn's lease lasts.")
    lease_renew_seconds: float = Field(default=5.0, gt=0, description="How often it is renewed.")
    recovery_seconds: float = Field(default=2.0, gt=0, description="How often turns without a runner are looked for.")
    upkeep_seconds: float = Field(
        default=20.0, gt=0, description="How often changes of retention that are not carried out yet are looked for."
    )
    stream_comment_seconds: float = Field(default=15.0, gt=0, description="Silence after which a stream says so.")
