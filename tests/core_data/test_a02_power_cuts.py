"""Whatever moment the power goes: all that was acknowledged is there, and nothing that was never written."""

import random

from faulty import FaultyFiles
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core.clock import ManualClock
from guia.core.errors import Unavailable
from guia.core.files import OsFiles, write_durably
from guia.core.log import Log, LogReader


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.integers(3, 60),
    st.integers(0, 2**32),
)
def test_the_log_keeps_every_acknowledged_record(tmp_path_factory, sizes, operations, seed):
    folder = tmp_path_factory.mktemp("log")
    rng = random.Random(seed)
    acknowledged, sent = [], []
    for session in range(3):
        files = FaultyFiles(operations)
        try:
            log = Log(folder, ManualClock(), files, segment_bytes=300)
        except OSError:
            files.crash(rng)
            continue
        try:
            for n in range(15):
                group = [f"{session}.{n}.{k}".encode() * (1 + 9 * size) for k, size in enumerate(sizes)]
                sent += group
                for payload, future in [(p, log.append(1, p)) for p in group]:
                    future.result()
                    acknowledged.append(payload)
        except Unavailable:
            pass
        log.close()
        files.crash(rng)
        after = [bytes(r.payload) for r in LogReader(folder).read()]
        mended = Log(folder, ManualClock(), OsFiles())
        found = [bytes(r.payload) for r in LogReader(folder).read(0, mended.position)]
        mended.close()
        assert found == after[: len(found)]
        assert set(acknowledged) <= set(found)
        assert [p for p in sent if p in set(found)] == found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), st.integers(0, 2**32))
def test_a_file_written_durably_is_the_old_or_the_new_one(tmp_path_factory, operations, seed):
    path = tmp_path_factory.mktemp("file") / "manifest.json"
    write_durably(OsFiles(), path, b"old" * 100)
    files = FaultyFiles(operations)
    done = True
    try:
        write_durably(files, path, b"new" * 200)
    except OSError:
        done = False
    files.crash(random.Random(seed))
    assert path.read_bytes() in ((b"new" * 200,) if done else (b"old" * 100, b"new" * 200))
