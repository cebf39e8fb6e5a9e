"""L06: a start that cannot be says what is in the way and what to do; keys of a run end with it, however it ends."""

import socket

import pytest
from small_city import ROOT

from guia.cli.access import OPERATOR, Keys
from guia.cli.main import main
from guia.web.accounts import Accounts

TINY = str(ROOT / "cities/tiny")


def up(data, *words):
    main(["up", "--city", TINY, "--data", str(data), "--no-twin", "--for", "0.5", *words])


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        (["--port", "{taken}"], "another port"),
        (["--data", "{file}"], "name a folder of your own"),
        (["--city", "atlantis"], "name one of"),
        (["--host", "0.0.0.0", "--port", "0"], "guia account add"),
        (["--broker", "nope"], "write host:port"),
        (["--start", "soon"], "write for example"),
    ],
)
def test_what_is_in_the_way_is_named_with_the_remedy(tmp_path, capsys, words, sign):
    (tmp_path / "file").write_text("not a folder")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        places = {"taken": taken.getsockname()[1], "file": tmp_path / "file"}
        with pytest.raises(SystemExit) as ended:
            up(tmp_path / "data", *(word.format(**places) for word in words))
    told = capsys.readouterr().err
    assert (ended.value.code, "Traceback" in told, "did not expect" in told) == (1, False, False)
    assert "where " in told
    assert sign in told


def test_the_twin_s_account_lets_nobody_in_from_outside(tmp_path, capsys):
    keys = Keys(tmp_path / "tiny")
    keys.twin()
    keys.close()
    with pytest.raises(SystemExit):
        up(tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert "no account" in capsys.readouterr().err


def test_the_first_start_on_this_machine_makes_an_operator_even_after_a_twin(tmp_path):
    keys = Keys(tmp_path)
    keys.twin()
    assert keys.operator().password
    keys.close()


def test_tokens_of_a_run_that_was_killed_end_with_the_next_start_and_others_stay(tmp_path):
    killed = Keys(tmp_path)
    token, twin = killed.operator().token, killed.twin()
    accounts = Accounts(tmp_path)
    kept = accounts.create_token(OPERATOR)
    assert accounts.bearer(token)
    after = Keys(tmp_path)
    assert [accounts.bearer(t) for t in (token, twin)] == [None, None]
    assert accounts.bearer(kept)
    fresh = after.operator().token
    after.close()
    assert accounts.bearer(fresh) is None
    assert accounts.bearer(kept)
    accounts.close()
