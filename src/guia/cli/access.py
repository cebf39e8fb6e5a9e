"""Keys of a city that was just started: the first operator, and tokens that end with the run."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from guia.web.accounts import TWIN, Accounts

LOOPBACK = ("127.0.0.1", "::1", "localhost")
OPERATOR = "operator"


@dataclass
class Access:
    """How the operator gets in: shown once."""

    account: str = ""
    password: str = ""
    """Empty if the account was there before."""
    token: str = ""


class Keys:
    """Accounts and tokens made at the start; `close` ends the tokens of the run.

    Their ids stand in `run-tokens`, so that the next start ends those of a run that was killed.
    """

    def __init__(self, data: Path) -> None:
        self._accounts = Accounts(data)
        self._made = data / "run-tokens"
        self._end_tokens()

    def operator(self) -> Access:
        """A token for the operator of this machine, whose account is made if the city has none."""
        access = Access()
        if not self._accounts.people():
            access.account, access.password = OPERATOR, secrets.token_urlsafe(9)
            self._accounts.add(OPERATOR, access.password, "operator")
        if self._accounts.get(OPERATOR) is not None:
            access.token = self._token(OPERATOR)
        return access

    def twin(self) -> str:
        """A token with which the twin sends; its account has no password."""
        if self._accounts.get(TWIN) is None:
            self._accounts.add(TWIN, None, "steward")
        return self._token(TWIN)

    def close(self) -> None:
        """End the tokens that were made for this run."""
        self._end_tokens()
        self._accounts.close()

    def _token(self, account: str) -> str:
        secret = self._accounts.create_token(account)
        with self._made.open("a", encoding="ascii") as made:
            made.write(f"{self._accounts.tokens()[-1].id}\n")
        return secret

    def _end_tokens(self) -> None:
        ids = set(self._made.read_text(encoding="ascii").split()) if self._made.exists() else set()
        for token in self._accounts.tokens():
            if token.id in ids:
                self._accounts.remove_token(token.id)
        self._made.unlink(missing_ok=True)
