"""The thread that keeps the derived state small and restartable: flushes, snapshots, merges, retention."""

import threading
import traceback
from collections.abc import Callable

FLUSH_AFTER_S = 300.0
TIDY_AFTER_S = 600.0
LOOK_EVERY_S = 0.5


class Keeper:
    """Calls `flush` when `flush_rows` rows wait or time has passed, and `tidy` now and then.

    What fails is kept in `failure` and tried again: the log has everything.
    """

    def __init__(
        self,
        waiting: Callable[[], int],
        flush: Callable[[], None],
        tidy: Callable[[], None],
        monotonic: Callable[[], float],
        flush_rows: int,
    ) -> None:
        self.failure = ""
        self._waiting = waiting
        self._flush = flush
        self._tidy = tidy
        self._monotonic = monotonic
        self._flush_rows = flush_rows
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        flushed = tidied = self._monotonic()
        while not self._stop.wait(LOOK_EVERY_S):
            now = self._monotonic()
            if self._waiting() >= self._flush_rows or now - flushed >= FLUSH_AFTER_S:
                self._try(self._flush)
                flushed = self._monotonic()
            if now - tidied >= TIDY_AFTER_S:
                self._try(self._tidy)
                tidied = self._monotonic()

    def _try(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            traceback.print_exc()
        else:
            self.failure = ""
