"""What a password must be: long, and not one that everybody tries first.

Source:
    NIST SP 800-63B-4 §3.1.1: length over composition, a list of refused values, no forced mixtures, no expiry.
"""

from __future__ import annotations

import unicodedata

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

MIN_LENGTH = 12
MAX_LENGTH = 256
_MIN_DISTINCT = 5
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)
_COMMON_TEXT = """
    password1234 password12345 password123456 passwordpassword password2024 password2025 password2026
    passw0rd1234 p@ssw0rd1234 mypassword123 mypassword1234 changeme1234 changemenow1 changemeplease
    letmeinplease letmein12345 welcome12345 welcome123456 welcome2024! welcome2025! welcome2026! administrator
    administrator1 admin1234567 admin12345678 adminadmin123 qwerty123456 qwerty1234567 qwertyqwerty
    qwerty12345678 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 iloveyou1234
    iloveyou12345 iloveyouforever sunshine1234 princess1234 football1234 baseball1234 superman1234
    trustno1trustno1 monkey123456 dragon123456 master123456 shadow123456 123qweasdzxc q1w2e3r4t5y6 abc123abc123
    abcd1234abcd asdfasdfasdf asdfghjkl123 test12345678 testtesttest stocktool1234 stocktoolstocktool
"""
_COMMON = frozenset(_COMMON_TEXT.split())


class WeakPassword(InvalidArgument):
    """The password is too short, too long or among the first an attacker tries."""

    reason = "WEAK_PASSWORD"


def normalise_password(password: str) -> str:
    """The form that is hashed: what two keyboards type for the same characters must be the same bytes."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str, display_name: str) -> str:
    """Judge a new password and give the form that is hashed.

    Raises:
        WeakPassword: It is refused; the violation names the cure.
    """
    normalised = normalise_password(password)
    folded = normalised.casefold()
    if len(normalised) < MIN_LENGTH:
        raise _weak(f"is shorter than {MIN_LENGTH} characters; a few unrelated words make a good one")
    if len(normalised) > MAX_LENGTH:
        raise _weak(f"is longer than {MAX_LENGTH} characters; shorten it")
    if len(set(folded)) < _MIN_DISTINCT:
        raise _weak("repeats the same few characters; use more different ones")
    if any(folded in run or folded in run[::-1] for run in _RUNS):
        raise _weak("is a row of neighbouring keys or letters; a few unrelated words make a good one")
    if folded in _COMMON:
        raise _weak("is among the most common passwords; choose one nobody else would")
    if folded in {email, email.rpartition("@")[0], display_name.strip().casefold()}:
        raise _weak("is your own name or address; choose something others do not know of you")
    return normalised


def _weak(detail: str) -> WeakPassword:
    return WeakPassword(f"the password {detail}", [FieldViolation("/password", detail)])
