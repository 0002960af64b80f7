"""Registration, sign-in, refresh, sign-out, tokens for API keys, public keys."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.http.auth import public
from stocktool_kit.tokens import TokenVerifier

from stocktool_auth.domain.sessions import SessionEnded
from stocktool_auth.http.models import (
    LoginAnswer,
    LoginBody,
    RegisterAnswer,
    RegisterBody,
    TokenAnswer,
    TokenBody,
    UserModel,
)
from stocktool_auth.http.use_cases import ClientAddress, Uses

router = APIRouter(tags=["sign-in"])
root_router = APIRouter(tags=["keys"])


@router.post("/register", status_code=201, dependencies=[public()])
async def register(body: RegisterBody, uses: Uses, address: ClientAddress) -> RegisterAnswer:
    """Make an account; sign in afterwards."""
    user = await uses.register(
        email=body.email,
        password=body.password.get_secret_value(),
        display_name=body.display_name,
        address=address,
    )
    return RegisterAnswer(user=UserModel.of(user))


@router.post("/login", dependencies=[public()])
async def login(
    body: LoginBody, request: Request, response: Response, uses: Uses, address: ClientAddress
) -> LoginAnswer:
    """Sign in: an access token in the answer, a refresh token in an HttpOnly cookie."""
    if body.totp is not None:
        raise InvalidArgument.of("/totp", "no account has a second factor in this version; leave it out")
    signed_in = await uses.sign_in(
        email=body.email,
        password=body.password.get_secret_value(),
        address=address,
        user_agent=request.headers.get("user-agent", ""),
    )
    uses.cookie.write(response, signed_in.refresh_token, signed_in.session.expires_at)
    return LoginAnswer.of(signed_in)


@router.post("/refresh", dependencies=[public()])
async def refresh(request: Request, response: Response, uses: Uses, address: ClientAddress) -> LoginAnswer:
    """Give the next pair of tokens for the refresh cookie.

    The token before answers with the same successor for ten seconds; later use of it ends the session.
    """
    token = uses.cookie.read(request)
    if not token:
        raise SessionEnded(f"there is no refresh cookie ({uses.cookie.name}); sign in")
    signed_in = await uses.refresh(token, address=address)
    uses.cookie.write(response, signed_in.refresh_token, signed_in.session.expires_at)
    return LoginAnswer.of(signed_in)


@router.post("/logout", status_code=204, dependencies=[public()])
async def logout(request: Request, response: Response, uses: Uses) -> None:
    """End the session of the refresh cookie, or of the access token where there is no cookie."""
    session_id = ""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        verifier: TokenVerifier = request.app.state.verifier
        session_id = (await verifier.verify(token)).session_id
    await uses.sign_out(refresh_token=uses.cookie.read(request), session_id=session_id)
    uses.cookie.clear(response)


@router.post("/token", dependencies=[public()])
async def token(body: TokenBody, uses: Uses) -> TokenAnswer:
    """Exchange an API key for a short access token."""
    short = await uses.exchange_api_key(body.api_key.get_secret_value())
    lifetime = short.claims.expires_at - short.claims.issued_at
    return TokenAnswer(
        access_token=short.token,
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=int(lifetime.total_seconds()),
        scope=" ".join(short.claims.scopes),
    )


@root_router.get("/.well-known/jwks.json", dependencies=[public()])
async def jwks(uses: Uses) -> Response:
    """The public keys that verify access tokens, as a JSON Web Key Set."""
    headers = {"cache-control": "public, max-age=300"}
    return Response(uses.key_set(), media_type="application/json", headers=headers)
