"""Who may log in: local accounts with scrypt passwords, roles, and bearer tokens.

They live in `accounts.db`, a file of its own: it holds secrets, so it is neither in the log nor rebuilt from it.
"""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from guia.core.clock import WallClock
from guia.core.errors import Conflict, InvalidInput, NotFound

ROLES = ("operator", "steward", "viewer")
"""operator: decides and acknowledges; steward: brings data in and mends it; viewer: reads."""
MIN_PASSWORD = 10
TWIN = "twin"
"""Account of the simulated city: it sends, and nobody logs in with it."""
_N, _R, _P = 1 << 14, 8, 5
"""scrypt cost (OWASP's 16 MiB setting): 2^14 blocks, block size 8, five passes."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_SCHEMA = """
create table if not exists accounts(
  name text primary key, role text not null, department text not null,
  salt blob not null, hash blob not null, created integer not null) strict;
create table if not exists tokens(
  digest blob primary key, id text not null unique, account text not null references accounts(name) on delete cascade,
  feed text not null, created integer not null) strict;
pragma user_version = 1;
"""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account without its secret."""

    name: str
    role: str
    department: str = ""
    created: int = 0


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a request. `feed` limits a token to pushing to that one feed."""

    name: str = "public"
    role: str = "public"
    department: str = ""
    feed: str = ""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret."""

    id: str
    account: str
    feed: str
    created: int


class Accounts:
    """The accounts and tokens of one city. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Open or create `accounts.db` in `folder`; readable by the owner alone."""
        import apsw

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "accounts.db"
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(5000)
        self._db.execute("pragma journal_mode=wal; pragma foreign_keys=on; " + _SCHEMA).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def add(self, name: str, password: str | None, role: str = "operator", department: str = "") -> Account:
        """A new account; InvalidInput for a bad name, role or short password, Conflict if the name is taken.

        Without a password nobody can log in with it: it is a system's, which has tokens.
        """
        if not _NAME.fullmatch(name) or name == "public":
            raise InvalidInput(
                f"{name!r} cannot be an account name", remedy="use a-z, 0-9, dot, dash; not 'public'"
            )
        if role not in ROLES:
            raise InvalidInput(f"there is no role {role!r}", remedy=f"use one of {', '.join(ROLES)}")
        if password is not None and len(password) < MIN_PASSWORD:
            raise InvalidInput("the password is too short", remedy=f"use at least {MIN_PASSWORD} characters")
        salt = secrets.token_bytes(16)
        proof = secrets.token_bytes(32) if password is None else _scrypt(password, salt)
        row = (name, role, department, salt, proof, WallClock().now())
        with self._lock:
            if self._db.execute("select 1 from accounts where name=?", (name,)).fetchone():
                raise Conflict(
                    f"account {name} exists already", remedy="remove it first, or use another name"
                )
            self._db.execute("insert into accounts values(?,?,?,?,?,?)", row)
        return Account(name=name, role=role, department=department, created=row[5])

    def remove(self, name: str) -> None:
        """Remove an account and its tokens; NotFound if there is none."""
        with self._lock:
            self._db.execute("delete from accounts where name=?", (name,))
            if not self._db.changes():
                raise NotFound(f"there is no account {name}", remedy="guia account list shows them")

    def list(self) -> Sequence[Account]:
        """All accounts by name."""
        with self._lock:
            rows = self._db.execute("select name, role, department, created from accounts order by name")
            return [Account(name=n, role=r, department=d, created=c) for n, r, d, c in rows]

    def people(self) -> Sequence[Account]:
        """Accounts with which somebody may log in."""
        return [account for account in self.list() if account.name != TWIN]

    def get(self, name: str) -> Account | None:
        """The account of that name, if there is one."""
        with self._lock:
            row = self._db.execute(
                "select name, role, department, created from accounts where name=?", (name,)
            ).fetchone()
        return Account(name=row[0], role=row[1], department=row[2], created=row[3]) if row else None

    def verify(self, name: str, password: str) -> Account | None:
        """The account if the password is right. Takes equally long for a name that does not exist."""
        with self._lock:
            row = self._db.execute(
                "select name, role, department, salt, hash, created from accounts where name=?", (name,)
            ).fetchone()
        salt, known = (row[3], row[4]) if row else (b"\0" * 16, b"")
        if not hmac.compare_digest(_scrypt(password, salt), known) or row is None:
            return None
        return Account(name=row[0], role=row[1], department=row[2], created=row[5])

    def create_token(self, account: str, feed: str = "") -> str:
        """A new bearer token of `account`, shown only now; with `feed` it can push to that feed and no more."""
        if self.get(account) is None:
            raise NotFound(f"there is no account {account}", remedy="guia account add makes one")
        secret = "guia_" + secrets.token_urlsafe(32)
        with self._lock:
            row = (_digest(secret), secrets.token_hex(4), account, feed, WallClock().now())
            self._db.execute("insert into tokens values(?,?,?,?,?)", row)
        return secret

    def tokens(self) -> Sequence[Token]:
        """All tokens, oldest first, without their secrets."""
        with self._lock:
            rows = self._db.execute("select id, account, feed, created from tokens order by created")
            return [Token(id=i, account=a, feed=f, created=c) for i, a, f, c in rows]

    def remove_token(self, token_id: str) -> None:
        """End a token by its id; NotFound if there is none."""
        with self._lock:
            self._db.execute("delete from tokens where id=?", (token_id,))
            if not self._db.changes():
                raise NotFound(f"there is no token {token_id}", remedy="guia token list shows them")

    def bearer(self, secret: str) -> Actor | None:
        """Who a bearer token speaks for; None if it is not known."""
        with self._lock:
            row = self._db.execute(
                "select a.name, a.role, a.department, t.feed from tokens t join accounts a on a.name = t.account "
                "where t.digest=?",
                (_digest(secret),),
            ).fetchone()
        return Actor(name=row[0], role=row[1], department=row[2], feed=row[3]) if row else None


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 << 20, dklen=32)


def _digest(secret: str) -> bytes:
    """Tokens have 256 random bits, so a plain hash keeps them safe at rest."""
    return hashlib.sha256(secret.encode()).digest()
