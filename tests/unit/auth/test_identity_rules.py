"""Addresses, names, roles, users, grants, API keys and the key ring."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stocktool_auth.domain.api_keys import ApiKeyText, BadApiKey, new_api_key
from stocktool_auth.domain.emails import email_hash, normalise_email
from stocktool_auth.domain.grants import GrantClosed, GrantExpired, GrantRefused, GrantScope, open_grant
from stocktool_auth.domain.roles import Role, UnknownRole, roles_of, scopes_of
from stocktool_auth.domain.signing import KeyRing, SigningKey
from stocktool_auth.domain.tokens import grant_claims
from stocktool_auth.domain.users import OwnAccount, clean_display_name
from stocktool_auth.http.cookie import RefreshCookie
from stocktool_kit.core.errors import InvalidArgument

from tests.factories.auth import START, a_grant, a_user, an_api_key

ADMIN = frozenset({Role.USER, Role.ADMIN})


@pytest.mark.parametrize(
    ("typed", "normalised"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("demo@stocktool.local", "demo@stocktool.local"),
        ("ada+test@example.com", "ada+test@example.com"),
        ("\uff41da@example.com", "ada@example.com"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_addresses_have_one_form(typed: str, normalised: str) -> None:
    assert normalise_email(typed) == normalised
    assert normalise_email(normalised) == normalised


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "a b@example.com",
        "ada@exa mple.com",
        "ada@-x.com",
        "a..b@c.de",
        "x" * 65 + "@example.com",
        "ada@" + "x." * 130 + "com",
        'a"b@example.com',
        "ada@example..com",
        "a\x00@b.de",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        normalise_email(typed)
    assert refused.value.violations[0].pointer == "/email"


def test_address_hash_is_sha256() -> None:
    # Oracle: `printf ada@example.com | sha256sum`.
    assert email_hash("ada@example.com") == "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"


@pytest.mark.parametrize("typed", ["", "  ", "x" * 81, "a\u202eb"])
def test_names_that_cannot_be_shown_are_refused(typed: str) -> None:
    with pytest.raises(InvalidArgument):
        clean_display_name(typed)


def test_everybody_is_a_user_and_admins_have_more() -> None:
    assert roles_of(["admin"]) == ADMIN
    assert "users.admin" not in scopes_of({Role.USER})
    assert set(scopes_of({Role.USER})) < set(scopes_of(ADMIN))
    with pytest.raises(UnknownRole):
        roles_of(["root"])


def test_suspending_and_taking_roles_away_void_what_was_begun_before() -> None:
    user = a_user(roles=ADMIN)
    suspended = user.administered(by="usr_boss", roles=None, suspended=True, now=START)
    assert (suspended.version, suspended.voids_before) == (2, START)
    assert suspended.is_void(START)
    assert not suspended.is_void(START + timedelta(microseconds=1))
    reinstated = suspended.administered(by="usr_boss", roles=None, suspended=False, now=START + timedelta(hours=1))
    assert reinstated.voids_before == START
    demoted = user.administered(by="usr_boss", roles=frozenset({Role.USER}), suspended=None, now=START)
    assert demoted.voids_before == START
    promoted = a_user().administered(by="usr_boss", roles=ADMIN, suspended=None, now=START)
    assert promoted.voids_before is None


def test_a_change_that_changes_nothing_is_none() -> None:
    user = a_user()
    assert user.administered(by="usr_boss", roles=user.roles, suspended=False, now=START) is user


def test_admins_cannot_lock_themselves_out() -> None:
    admin = a_user(roles=ADMIN)
    with pytest.raises(OwnAccount):
        admin.administered(by=admin.id, roles=None, suspended=True, now=START)
    with pytest.raises(OwnAccount):
        admin.administered(by=admin.id, roles=frozenset({Role.USER}), suspended=None, now=START)


def test_grant_is_usable_by_its_service_for_open_work_of_a_good_user() -> None:
    user = a_user()
    grant = a_grant(subject=user.id)
    grant.check_usable("chat", user, START)
    with pytest.raises(GrantRefused):
        grant.check_usable("rag", user, START)
    with pytest.raises(GrantRefused):
        grant.check_usable("chat", a_user(suspended=True), START)
    with pytest.raises(GrantRefused):
        grant.check_usable("chat", None, START)
    with pytest.raises(GrantClosed):
        grant.as_closed().check_usable("chat", user, START)
    with pytest.raises(GrantClosed):
        grant.check_usable("chat", a_user(voids_before=START), START)
    with pytest.raises(GrantExpired):
        grant.check_usable("chat", user, grant.expires_at)


def test_grant_never_has_more_than_the_user_gave_or_still_has() -> None:
    user = a_user(roles=ADMIN)
    until = START + timedelta(minutes=5)
    both = {"admin.read", "market.read"}
    grant = open_grant(work_id="w", user=user, actor="chat", scopes=both, held=both, now=START, until=until)
    assert grant_claims(user, grant, START).scopes == ("admin.read", "market.read")
    assert grant_claims(a_user(id=user.id), grant, START).scopes == ("market.read",)
    with pytest.raises(GrantRefused):
        open_grant(work_id="w", user=user, actor="chat", scopes=both, held={"market.read"}, now=START, until=until)
    with pytest.raises(GrantScope):
        open_grant(work_id="w", user=user, actor="chat", scopes={"chat.write"}, held=both, now=START, until=until)
    for wrong in (START, START + timedelta(hours=1, seconds=1)):
        with pytest.raises(InvalidArgument):
            open_grant(work_id="w", user=user, actor="chat", scopes=both, held=both, now=START, until=wrong)


def test_api_key_text_is_parsed_back_and_rubbish_is_refused() -> None:
    text = ApiKeyText.new()
    assert ApiKeyText.parse(str(text)) == text
    key = new_api_key(text, a_user(), name="export", scopes=None, days=1, now=START)
    assert key.matches(text.secret)
    assert not key.matches(text.secret[:-1] + "_")
    assert "account" not in key.scopes
    for rubbish in ("", "stk_", str(text)[:-1], str(text) + "x", str(text).upper()):
        with pytest.raises(BadApiKey):
            ApiKeyText.parse(rubbish)


def test_api_key_loses_what_its_user_loses() -> None:
    key = an_api_key(scopes=("admin.read", "portfolio.read"))
    assert key.granted(a_user(roles=ADMIN)) == ("admin.read", "portfolio.read")
    assert key.granted(a_user()) == ("portfolio.read",)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"days": 0}, "/expires_in_days"),
        ({"days": 366}, "/expires_in_days"),
        ({"scopes": ["portfolio.read", "account"]}, "/scopes/1"),
        ({"scopes": []}, "/scopes"),
    ],
)
def test_api_keys_beyond_their_bounds_are_refused(changes: dict[str, object], pointer: str) -> None:
    wanted = {"name": "export", "scopes": None, "days": 1} | changes
    with pytest.raises(InvalidArgument) as refused:
        new_api_key(ApiKeyText.new(), a_user(), now=START, **wanted)  # type: ignore[arg-type]  # a table of cases
    assert refused.value.violations[0].pointer == pointer


def test_keys_overlap_while_one_follows_another() -> None:
    life = timedelta(hours=1)
    first, second = (SigningKey(name, "", START + timedelta(hours=at)) for name, at in (("first", 0), ("second", 1)))
    ring = KeyRing((first, second), b"")

    def shown(at: timedelta) -> list[str]:
        return [key.id for key in ring.shown_keys(START + at, life)]

    assert ring.signing_key(START) is first
    assert shown(timedelta(0)) == ["first", "second"]
    assert ring.signing_key(second.signs_from) is second
    assert shown(timedelta(hours=1)) == ["first", "second"]
    assert shown(timedelta(hours=2)) == ["second"]
    third = SigningKey("third", "", START + timedelta(hours=3))
    assert [key.id for key in ring.with_next(third, START + timedelta(hours=2), life).keys] == ["second", "third"]


@pytest.mark.parametrize(
    ("origin", "name", "secure"),
    [
        ("http://localhost:8080", "stocktool_refresh_8080", False),
        ("http://127.0.0.1:9999", "stocktool_refresh_9999", False),
        ("http://192.0.2.1:8080", "stocktool_refresh_8080", True),
        ("https://localhost:8443", "stocktool_refresh_8443", True),
        ("https://stocktool.example.com", "stocktool_refresh_443", True),
    ],
)
def test_cookie_is_secure_except_on_plain_loopback(origin: str, name: str, secure: bool) -> None:
    assert RefreshCookie.at(origin) == RefreshCookie(name, secure)
