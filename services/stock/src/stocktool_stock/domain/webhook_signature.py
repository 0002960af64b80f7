"""The signature of a webhook, by which its receiver knows us.

Source:
    Standard Webhooks, https://www.standardwebhooks.com: header names, signed content and the form of the secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Make a secret: 32 random bytes in base64 behind `whsec_`."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(secret: str, delivery_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The three headers of a delivery.

    The signature is the base64 of HMAC-SHA256 over `<id>.<unix seconds>.<body>` under the secret's bytes. A receiver
    computes it anew over the raw body, compares in constant time, refuses timestamps more than five minutes off, and
    takes each id once: a delivery may come twice.

    Raises:
        ValueError: The secret is none of ours.
    """
    timestamp = str(int(at.timestamp()))
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the webhook's secret is not base64") from error
    content = b".".join((delivery_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": delivery_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
