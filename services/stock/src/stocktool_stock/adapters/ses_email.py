"""E-mail through SES, in plain text and HTML."""

from __future__ import annotations

from html import escape

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.errors import Kind, StockToolError

from stocktool_stock.domain.deliveries import Delivery, Outcome
from stocktool_stock.domain.notification_settings import CODE_MINUTES, NotificationSettings
from stocktool_stock.domain.notifications import Notification

_PASSING = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.DEADLINE_EXCEEDED, Kind.CONFLICT})
_FOOTER = "You get this because e-mail is on in your StockTool notification settings. Turn it off there at any time"


class SesEmail:
    """The `Sender` of e-mail, and of the codes that confirm addresses.

    A mail carries the title alone: no positions, no tokens, no links that act.

    Args:
        aws: The process's clients.
        sender: Address that mails come from; SES must know it.
        page_url: Where the page is, for a link to it; empty: no link.
    """

    def __init__(self, aws: AwsClients, sender: str, page_url: str = "") -> None:
        self._aws = aws
        self._sender = sender
        self._page_url = page_url.rstrip("/")

    async def send(self, delivery: Delivery, notification: Notification, settings: NotificationSettings) -> Outcome:
        """Make one attempt."""
        if settings.email is None:
            return Outcome(delivered=False, reason="there is no address")
        when = f"{notification.created_at:%Y-%m-%d %H:%M} UTC"
        return await self._mail(settings.email.address, notification.title, [notification.title, when], delivery.id)

    async def send_code(self, address: str, code: str) -> Outcome:
        """Send the code that confirms an address."""
        lines = [
            f"Your code is {code}.",
            f"It confirms this address for StockTool's notifications, within {CODE_MINUTES} minutes.",
            "If you did not ask for it, ignore this mail.",
        ]
        return await self._mail(address, "Confirm your address for StockTool", lines, "")

    async def _mail(self, address: str, subject: str, lines: list[str], reference: str) -> Outcome:
        settings = f"{self._page_url}/settings" if self._page_url else ""
        footer = f"{_FOOTER}: {settings}" if settings else f"{_FOOTER}."
        text = "\n\n".join([*lines, "-- ", footer])
        html = "".join(f"<p>{escape(line)}</p>" for line in lines) + f"<hr><p><small>{escape(footer)}</small></p>"
        headers = [{"Name": "X-StockTool-Delivery", "Value": reference}] if reference else []
        try:
            await self._aws.call(
                "sesv2",
                "send_email",
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": _one_line(subject), "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": text, "Charset": "UTF-8"},
                            "Html": {"Data": html, "Charset": "UTF-8"},
                        },
                        "Headers": headers,
                    }
                },
            )
        except StockToolError as error:
            code = error.metadata.get("code", error.reason)
            return Outcome(delivered=False, reason=f"the mail service refused: {code}", retry=error.kind in _PASSING)
        return Outcome(delivered=True, reason="handed to the mail service")


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 150 else f"{line[:149]}…"
