"""Addresses a webhook may have, its signature, waits between attempts, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_stock.domain.deliveries import (
    PACE,
    Delivery,
    DeliveryState,
    Outcome,
    first_delivery,
    wait_after,
)
from stocktool_stock.domain.notification_settings import (
    Channel,
    EmailChannel,
    NotificationSettings,
    WebhookChannel,
    read_email,
    read_kinds,
    read_quiet_hours,
)
from stocktool_stock.domain.webhook_address import is_public, read_webhook_url, refused_address
from stocktool_stock.domain.webhook_signature import new_secret, signed_headers

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME = OwnerId("usr_me")


@pytest.mark.parametrize(
    "address",
    [  # IANA's special-purpose registries, the clouds' metadata services, and forms that carry an IPv4 address
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "169.254.169.254", "172.16.0.1"),
        *("192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
        *("239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "::127.0.0.1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "2002:0a00:0001::1", "2002:a9fe:a9fe::"),
        *("64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1"),
        "2001:0:808:808:0:0:f5ff:fffe",  # Teredo whose client is 10.0.0.1
    ],
)
def test_address_inside_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    assert refused_address(["93.184.216.34", address]) == address


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::8.8.8.8"])
def test_public_address_is_taken(address: str) -> None:
    assert is_public(ip_address(address))
    assert refused_address([address]) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:pw@example.com/",
        "https://example.com/#fragment",
        "https://localhost/",
        "https://intranet/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://example.com/\r\nX-Header: 1",
        "https://example.com/ä",
        f"https://example.com/{'a' * 2048}",
        f"https://{'a' * 64}.com/",
    ],
)
def test_url_that_may_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_webhook_url(url)
    assert refused.value.violations[0].pointer == "/webhook/url"


def test_url_is_read_in_parts() -> None:
    url = read_webhook_url(" https://Bücher.Example.:8443/hooks/a?b=c ")
    assert (url.host, url.port, url.target) == ("xn--bcher-kva.example", 8443, "/hooks/a?b=c")
    bare = read_webhook_url("https://example.com")
    assert (bare.host, bare.port, bare.target) == ("example.com", 443, "/")


def test_signature_is_that_of_standard_webhooks() -> None:
    # The reference vector of the Standard Webhooks libraries.
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_long_and_never_the_same() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(first) == 6 + 44  # 32 bytes in base64
    with pytest.raises(ValueError, match="base64"):
        signed_headers("whsec_!", "id", b"", NOW)


def a_delivery() -> Delivery:
    return first_delivery("dlv_1", ME, "ntf", Channel.WEBHOOK, now=NOW, due=NOW)


def test_delivery_gives_up_after_its_attempts_and_says_when_the_next_is() -> None:
    delivery = a_delivery()
    waits = []
    for number in range(PACE.most_attempts):
        delivery = delivery.after(Outcome(delivered=False, reason="503", retry=True, status=503), NOW, 1.0)
        if number + 1 < PACE.most_attempts:
            assert delivery.state is DeliveryState.WAITING
            assert delivery.next_try_at is not None
            waits.append((delivery.next_try_at - NOW).total_seconds())
    assert waits == [10, 40, 160, 640, 2560, 7200]
    assert (delivery.state, delivery.next_try_at, len(delivery.attempts)) == (
        DeliveryState.FAILED,
        None,
        PACE.most_attempts,
    )


def test_delivery_ends_at_success_and_at_what_no_retry_helps() -> None:
    done = a_delivery().after(Outcome(delivered=True, reason="200", status=200), NOW, 0)
    gone = a_delivery().after(Outcome(delivered=False, reason="410", status=410), NOW, 0)
    assert (done.state, done.next_try_at) == (DeliveryState.DELIVERED, None)
    assert (gone.state, gone.next_try_at) == (DeliveryState.FAILED, None)


@given(st.integers(1, PACE.most_attempts), st.floats(0, 1), st.none() | st.integers(0, 10**6))
def test_waits_stay_in_their_bounds(attempts: int, jitter: float, asked: int | None) -> None:
    wait = wait_after(attempts, jitter, None if asked is None else timedelta(seconds=asked))
    assert timedelta(seconds=5) <= wait <= timedelta(hours=2)
    if asked is not None:
        assert wait >= min(timedelta(seconds=asked), timedelta(hours=2))


@pytest.mark.parametrize(
    ("now", "ends"),
    [  # Zurich is an hour ahead of UTC in January, two in July
        ("2026-01-05T20:59:00+00:00", None),
        ("2026-01-05T21:00:00+00:00", "2026-01-06T06:00:00+00:00"),
        ("2026-01-06T05:59:00+00:00", "2026-01-06T06:00:00+00:00"),
        ("2026-01-06T06:00:00+00:00", None),
        ("2026-07-06T20:00:00+00:00", "2026-07-07T05:00:00+00:00"),
        ("2026-03-28T22:00:00+00:00", "2026-03-29T05:00:00+00:00"),  # the clocks go forward that night
    ],
)
def test_quiet_hours_end_by_the_walls_clock(now: str, ends: str | None) -> None:
    hours = read_quiet_hours(time(22), time(7), "Europe/Zurich")
    assert hours.ends(datetime.fromisoformat(now)) == (None if ends is None else datetime.fromisoformat(ends))


def test_quiet_hours_within_a_day() -> None:
    hours = read_quiet_hours(time(12), time(13), "UTC")
    assert hours.ends(NOW) == NOW + timedelta(hours=1)
    assert hours.ends(NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize(("end", "zone"), [(time(22), "UTC"), (time(7), "Mars/Olympus"), (time(7), "../etc/passwd")])
def test_quiet_hours_without_end_or_zone_are_refused(end: time, zone: str) -> None:
    with pytest.raises(InvalidArgument):
        read_quiet_hours(time(22), end, zone)


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@localhost", "ada@exa mple.com", "a@b@c.com", "ada@example..com", "ada@example.com\nBcc: x"],
)
def test_what_is_no_mailbox_is_refused(address: str) -> None:
    with pytest.raises(InvalidArgument):
        read_email(address)
    assert read_email(" ada+stock@mail.example.com ") == "ada+stock@mail.example.com"


def test_channels_are_those_that_are_on_for_the_kind() -> None:
    email = EmailChannel("ada@example.com", confirmed=True)
    settings = NotificationSettings(ME, email, WebhookChannel("https://example.com/", "whsec_"), kinds=("alert",))
    assert settings.channels("alert") == [Channel.EMAIL, Channel.WEBHOOK]
    assert settings.channels("analysis") == []
    assert settings.channels("test") == [Channel.EMAIL, Channel.WEBHOOK]
    assert NotificationSettings(ME, EmailChannel("ada@example.com")).channels("alert") == []
    with pytest.raises(InvalidArgument):
        read_kinds(["alert", "gossip"])


def test_verification_as_documented_takes_ours_and_nothing_else() -> None:
    document = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text()
    code = document.split("```python\n")[1].split("```")[0]
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    secret, body = new_secret(), b'{"type": "alert"}'
    headers = signed_headers(secret, "dlv_1", body, datetime.now(UTC))
    assert namespace["is_ours"](secret, headers, body)
    assert not namespace["is_ours"](secret, headers, body + b" ")
    assert not namespace["is_ours"](new_secret(), headers, body)
    old = signed_headers(secret, "dlv_1", body, datetime.now(UTC) - timedelta(minutes=6))
    assert not namespace["is_ours"](secret, old, body)
