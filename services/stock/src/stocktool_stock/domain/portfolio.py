"""Portfolios and their accounts, without the ledger."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NewType

from stocktool_kit.core.errors import Conflict, FieldViolation, InvalidArgument, NotFound
from stocktool_kit.core.ids import OwnerId, new_id

from stocktool_stock.domain.lots import CostMethod

PortfolioId = NewType("PortfolioId", str)
MAX_ACCOUNTS = 20
MAX_NAME = 80
_CODE = re.compile(r"^[A-Z]{3}$")


class PortfolioNotFound(NotFound):
    """No portfolio by this id belongs to the caller."""

    reason = "PORTFOLIO_NOT_FOUND"


class StaleVersion(Conflict):
    """The portfolio was changed since the caller read it."""

    reason = "STALE_VERSION"


@dataclass(frozen=True, slots=True)
class Account:
    """A cash and custody account; its cash is in `currency` unless an entry says otherwise."""

    id: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made."""

    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A portfolio's head.

    Attributes:
        version: Grows by one with each write to the head or the ledger.
        last_sequence: Sequence of the newest ledger entry, 0 before the first.
        ledger_digest: Digest of the ledger's log (`ledger_part.chained`), kept by the store.
    """

    id: PortfolioId
    owner: OwnerId
    name: str
    base_currency: str
    accounts: tuple[Account, ...]
    cost_method: CostMethod
    created_at: datetime
    version: int = 1
    last_sequence: int = 0
    ledger_digest: str = field(default="", compare=False)
    by_account: dict[str, Account] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_account", {account.id: account for account in self.accounts})

    @property
    def default_account(self) -> Account:
        """The account entries go to that name none."""
        return self.accounts[0]

    def changed(
        self, *, name: str | None = None, cost_method: CostMethod | None = None, add: Sequence[Account] = ()
    ) -> Portfolio:
        """The next version with these changes.

        Raises:
            InvalidArgument: Too many accounts.
        """
        if len(self.accounts) + len(add) > MAX_ACCOUNTS:
            raise InvalidArgument.of("/add_accounts", f"a portfolio has at most {MAX_ACCOUNTS} accounts")
        return replace(
            self,
            name=name or self.name,
            cost_method=cost_method or self.cost_method,
            accounts=(*self.accounts, *add),
            version=self.version + 1,
        )


def read_name(text: str, pointer: str) -> str:
    """Read a name.

    Raises:
        InvalidArgument: Empty, too long, or with control characters.
    """
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidArgument.of(pointer, f"must be 1 to {MAX_NAME} printable characters")
    return name


def currency_problem(code: str, known: Collection[str]) -> str | None:
    """What is wrong with a currency code, or None."""
    if not _CODE.match(code):
        return "must be an ISO 4217 code such as USD"
    if code not in known:
        return f"{code} is no currency the ECB publishes rates for"
    return None


def open_accounts(accounts: Sequence[NewAccount], known: Collection[str], pointer: str) -> tuple[Account, ...]:
    """Make accounts with ids.

    Raises:
        InvalidArgument: A name or currency cannot be taken; each violation names its place.
    """
    if len(accounts) > MAX_ACCOUNTS:
        raise InvalidArgument.of(pointer, f"at most {MAX_ACCOUNTS} accounts")
    violations: list[FieldViolation] = []
    made: list[Account] = []
    for index, account in enumerate(accounts):
        problem = currency_problem(account.currency, known)
        if problem:
            violations.append(FieldViolation(f"{pointer}/{index}/currency", problem))
        try:
            name = read_name(account.name, f"{pointer}/{index}/name")
        except InvalidArgument as error:
            violations.extend(error.violations)
            continue
        made.append(Account(new_id("acc"), name, account.currency))
    if violations:
        raise InvalidArgument("an account cannot be taken", violations)
    return tuple(made)


def open_portfolio(
    owner: OwnerId,
    *,
    name: str,
    base_currency: str,
    accounts: Sequence[NewAccount],
    cost_method: CostMethod,
    known_currencies: Collection[str],
    at: datetime,
) -> Portfolio:
    """Make a portfolio; without accounts it gets one in the base currency.

    Raises:
        InvalidArgument: Something cannot be taken; each violation names its place.
    """
    problem = currency_problem(base_currency, known_currencies)
    if problem:
        raise InvalidArgument.of("/base_currency", problem)
    return Portfolio(
        id=PortfolioId(new_id("prt")),
        owner=owner,
        name=read_name(name, "/name"),
        base_currency=base_currency,
        accounts=open_accounts(accounts or [NewAccount("Main", base_currency)], known_currencies, "/accounts"),
        cost_method=cost_method,
        created_at=at,
    )
