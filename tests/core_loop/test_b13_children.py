"""B13: supporting processes: one that ends is started again, and says with its own words why it ended."""

import sys

from brains.waiting import eventually

from guia.core.supervise import Child, last_words


def test_a_child_that_fails_is_told_with_its_last_words_and_started_again(tmp_path):
    program = "import sys; sys.exit('the simulator is not installed')"
    child = Child("twin", lambda: [sys.executable, "-c", program], tmp_path / "logs" / "twin.log")
    child.start()
    eventually(lambda: child.restarts >= 2)
    child.stop()
    assert child.last_failure.startswith("it exited with code 1; the simulator is not installed")
    assert str(tmp_path / "logs" / "twin.log") in child.last_failure


def test_any_bytes_may_be_last_words(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"")
    assert "printed nothing" in last_words(log)
    log.write_bytes(b"\xff" * 5000 + b"\n\n  \n")
    assert len(last_words(log)) < 400 + len(str(log))
