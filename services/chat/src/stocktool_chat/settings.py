"""Settings of the chat service."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class ModelPrice(BaseModel):
    """Prices of one model in USD per million tokens; absent: not known, and shown as such."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_per_million: Decimal | None = Field(default=None, ge=0, description="Price of a million tokens read.")
    output_per_million: Decimal | None = Field(default=None, ge=0, description="Price of a million tokens written.")


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
    retention_days: int = Field(default=30, ge=1, description="Days a conversation is kept after its last change.")
    models: dict[str, ModelPrice] = Field(
        default={"offline-analyst": ModelPrice(input_per_million=Decimal(0), output_per_million=Decimal(0))},
        min_length=1,
        description="Models on offer with their prices, as JSON.",
    )
    default_model: str = Field(default="", description="Model when none is asked for; empty: the first on offer.")
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
    stream_comment_seconds: float = Field(default=15.0, gt=0, description="Silence after which a stream says so.")
