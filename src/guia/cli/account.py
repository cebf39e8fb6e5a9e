"""`guia account` and `guia token`: who may log in, and with which keys systems send data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guia.core.clock import iso

if TYPE_CHECKING:
    from guia.web.accounts import Accounts


def of_city(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which city's accounts are meant."""
    for option in (
        click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True,
                     help="Folder that keeps what cities know."),
        click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack."),
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def opened(city: str, data: Path) -> Iterator["Accounts"]:
    """The accounts of a city; a running one sees every change at once."""
    from guia.packs.find import find_pack
    from guia.packs.pack import Pack
    from guia.web.accounts import Accounts

    accounts = Accounts(data / Pack.open(find_pack(city)).name)
    try:
        yield accounts
    finally:
        accounts.close()


@click.group("account")
def account() -> None:
    """People who may log in."""


@account.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["operator", "steward", "viewer"]), default="operator", show_default=True,
              help="operator decides, steward brings data in, viewer reads.")  # fmt: skip
@click.option("--department", default="", help="Department that the person works for.")
@click.password_option(help="Asked for if left out.")
@of_city
def add(name: str, role: str, department: str, password: str, city: str, data: Path) -> None:
    """Make an account."""
    with opened(city, data) as accounts:
        made = accounts.add(name, password, role, department)
    click.echo(f"{made.name} may log in as {made.role}")


@account.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@of_city
def list_accounts(as_json: bool, city: str, data: Path) -> None:
    """Show the accounts."""
    from guia.domains.asking import show_json, table

    with opened(city, data) as accounts:
        rows = [(a.name, a.role, a.department, iso(a.created)) for a in accounts.list()]
    columns = ["name", "role", "department", "created"]
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table("Accounts", columns, [list(row) for row in rows])


@account.command("remove")
@click.argument("name")
@of_city
def remove(name: str, city: str, data: Path) -> None:
    """Remove an account and its tokens."""
    with opened(city, data) as accounts:
        accounts.remove(name)
    click.echo(f"{name} may not log in any more")


@click.group("token")
def token() -> None:
    """Keys with which systems send data."""


@token.command("create")
@click.option("--account", "name", required=True, help="Account that the token speaks for.")
@click.option(
    "--feed", default="", help="Feed that it may push to; without, it may do all that the account may."
)
@of_city
def create(name: str, feed: str, city: str, data: Path) -> None:
    """Make a token; it is shown only now."""
    with opened(city, data) as accounts:
        click.echo(accounts.create_token(name, feed))


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@of_city
def list_tokens(as_json: bool, city: str, data: Path) -> None:
    """Show the tokens, without their secrets."""
    from guia.domains.asking import show_json, table

    with opened(city, data) as accounts:
        rows = [(t.id, t.account, t.feed or "all", iso(t.created)) for t in accounts.tokens()]
    columns = ["id", "account", "feed", "created"]
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table("Tokens", columns, [list(row) for row in rows])


@token.command("remove")
@click.argument("token_id")
@of_city
def remove_token(token_id: str, city: str, data: Path) -> None:
    """End a token."""
    with opened(city, data) as accounts:
        accounts.remove_token(token_id)
    click.echo(f"token {token_id} is no longer valid")
