"""E01: accounts: who may log in, and which keys open what."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.errors import Conflict, InvalidInput, NotFound, TooBusy
from guia.web.accounts import Accounts
from guia.web.sessions import LIFETIME_S, Sessions, Throttle

PASSWORD = "correct horse battery"


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_only_the_right_password_opens(tmp_path):
    accounts = Accounts(tmp_path)
    accounts.add("ana", PASSWORD, "operator", "roads")
    found = accounts.verify("ana", PASSWORD)
    assert (found.name, found.role, found.department) == ("ana", "operator", "roads")
    assert accounts.verify("ana", PASSWORD + " ") is None
    assert accounts.verify("nobody", PASSWORD) is None
    assert accounts.verify("' or 1=1 --", PASSWORD) is None
    with pytest.raises(Conflict):
        accounts.add("ana", PASSWORD)


def test_secrets_do_not_lie_in_the_file(tmp_path):
    accounts = Accounts(tmp_path)
    accounts.add("ana", PASSWORD)
    token = accounts.create_token("ana")
    accounts.close()
    stored = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert PASSWORD.encode() not in stored
    assert token.encode() not in stored
    assert stat.S_IMODE((tmp_path / "accounts.db").stat().st_mode) == 0o600


def test_tokens_speak_for_their_account_until_it_goes(tmp_path):
    accounts = Accounts(tmp_path)
    accounts.add("ana", PASSWORD, "steward")
    whole, one = accounts.create_token("ana"), accounts.create_token("ana", "detectors")
    assert (accounts.bearer(whole).role, accounts.bearer(whole).feed) == ("steward", "")
    assert accounts.bearer(one).feed == "detectors"
    assert accounts.bearer("guia_guess") is None
    accounts.remove_token(accounts.tokens()[0].id)
    assert accounts.bearer(whole) is None
    accounts.remove("ana")
    assert accounts.bearer(one) is None
    assert accounts.tokens() == []
    with pytest.raises(NotFound):
        accounts.create_token("ana")
    with pytest.raises(NotFound):
        accounts.remove("ana")


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [
        ("Ana", PASSWORD, "operator"),
        ("", PASSWORD, "operator"),
        ("public", PASSWORD, "operator"),
        ("ana", "short", "operator"),
        ("ana", PASSWORD, "king"),
    ],
)
def test_names_passwords_and_roles_keep_their_rules(tmp_path, name, password, role):
    with pytest.raises(InvalidInput) as error:
        Accounts(tmp_path).add(name, password, role)
    assert error.value.remedy


def test_a_session_ends_by_log_out_and_by_age():
    seconds = Seconds()
    sessions = Sessions(seconds)
    first, second = sessions.open("ana"), sessions.open("rui")
    assert first != second
    assert (sessions.account(first), sessions.account(second), sessions.account("x")) == ("ana", "rui", "")
    sessions.close(first)
    assert sessions.account(first) == ""
    seconds.now = LIFETIME_S + 1
    assert sessions.account(second) == ""


@given(st.lists(st.booleans(), max_size=30))
def test_guessing_waits_ever_longer_and_success_forgives(tries):
    seconds = Seconds()
    throttle = Throttle(seconds)
    failures = 0
    for good in tries:
        if failures >= 5:
            with pytest.raises(TooBusy, match="wait"):
                throttle.check("ana")
            seconds.now += min(300.0, 2.0 ** (failures - 5))
        throttle.check("ana")
        if good:
            throttle.succeeded("ana")
            failures = 0
        else:
            throttle.failed("ana")
            failures += 1
    throttle.check("rui")


def test_nobody_logs_in_with_an_account_without_a_password(tmp_path):
    accounts = Accounts(tmp_path)
    accounts.add("twin", None, "steward")
    assert [accounts.verify("twin", word) for word in ("", "None", "twin")] == [None, None, None]
    assert accounts.bearer(accounts.create_token("twin")).role == "steward"
    accounts.close()
