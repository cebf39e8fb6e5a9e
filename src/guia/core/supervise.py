"""Child processes: started tied to their parent, watched, started again with back-off, ended cleanly.

`python -m guia.core.supervise PARENT COMMAND…` is how each is started: it asks the kernel to end the
process when its parent dies, even by `kill -9`, then becomes the command. So no orphan is ever left.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_GRACE_S = 5.0
_LONGEST_PAUSE_S = 60.0
_SOUND_AFTER_S = 60.0


def tied(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` tied to this process.

    The kernel ties a child to the *thread* that starts it: start it from one that lives as long as the
    child should.
    """
    return [sys.executable, "-m", "guia.core.supervise", str(os.getpid()), *command]


def pause_s(failures: int) -> float:
    """Seconds to wait before start number `failures` after as many failures in a row: 0.5, 1, 2 … 60."""
    return min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** max(0, failures - 1))


def end(process: "subprocess.Popen[bytes]", grace_s: float = _GRACE_S) -> int:
    """Ask the process to end, end it by force after `grace_s`; its return code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def how_it_ended(code: int) -> str:
    """A return code in words."""
    if code >= 0:
        return f"it exited with code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"


def last_words(log: Path) -> str:
    """The last line that a process printed into its log, and where that is."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 1000))
        lines = file.read().decode(errors="replace").split("\n")
    line = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    return f"{line[:300]} ({log})"


class Child:
    """A supporting process (broker, twin) that is kept running from a thread of its own.

    `command` is asked anew for every start.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        log: Path,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.last_failure = ""
        """In words; empty as long as it has not failed."""
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._log = log
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name=f"child-{name}", daemon=True)

    def start(self) -> None:
        """Start it and keep it running."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def running(self) -> bool:
        """Whether the process is there now."""
        return self.process is not None and self.process.poll() is None

    def _keep_running(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            with self._log.open("ab") as out:
                self.process = subprocess.Popen(
                    tied(self._command()),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            lasted_s = self._watch(self.process)
            if self._stopping.is_set():
                end(self.process)
                return
            failures = 1 if lasted_s > _SOUND_AFTER_S else failures + 1
            self.restarts += 1
            self.last_failure = f"{how_it_ended(self.process.wait())}; {last_words(self._log)}"
            self._stopping.wait(pause_s(failures))

    def _watch(self, process: "subprocess.Popen[bytes]") -> float:
        """Wait until it ends or is to be stopped; how long it lasted, in seconds."""
        lasted_s = 0.0
        while process.poll() is None and not self._stopping.wait(0.1):
            lasted_s += 0.1
        return lasted_s


def _become(arguments: Sequence[str]) -> None:
    parent, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != int(parent):
        sys.exit("the parent has ended already")
    os.execvp(command[0], command)


if __name__ == "__main__":
    _become(sys.argv[1:])
