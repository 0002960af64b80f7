"""Security headers, set once for every plane."""

from __future__ import annotations

_COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Ignored over plain HTTP, as browsers must; over TLS it holds for two years.
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}

# An API answer is never a page: nothing in it may load or be framed.
API_HEADERS = _COMMON | {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}

# Styles are allowed inline because chart libraries set them on elements; scripts come from this origin alone.
PAGE_HEADERS = _COMMON | {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
}
