"""Where models are asked: the provider of each, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks OpenAI's Responses API.

    Attributes:
        base_url: Empty: what `OPENAI_BASE_URL` says, else OpenAI's own.
        api_key: None: what `OPENAI_API_KEY` says.
        api_version: Not empty for Azure OpenAI: goes into each address, and the key into the header `api-key`.
    """

    base_url: str = ""
    api_key: SecretStr | None = None
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Way to one model.

    Attributes:
        provider: Name of its endpoint; empty: the one of the environment.
        deployment: What the provider calls it; on Azure the name of the deployment.
    """

    provider: str
    deployment: str


@dataclass(frozen=True, slots=True)
class ModelRoutes:
    """Ways to all models.

    Attributes:
        routes: By model; one that is missing is asked under its own name at the endpoint of the environment.
        endpoints: By provider.
        silence_seconds: Longest wait for the next bytes of a model.
        retries: Repeats of a call refused before its first event.
    """

    silence_seconds: float
    retries: int
    routes: dict[str, Route] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def of(self, model: str) -> Route:
        """The way to a model."""
        return self.routes.get(model, Route("", model))
