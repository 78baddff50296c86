"""The end that somebody else wants: a task that is told to stop unwinds its code, and what it was doing is recorded.

SIGTERM is how Kubernetes evicts a pod, `docker stop` stops a container, Batch ends a job that takes too long, and a
spot machine announces that it goes; SIGINT is Ctrl-C. In the task they become exceptions, so that `finally` blocks and
context managers run.
"""

from __future__ import annotations

import os
import signal

from flowc import contract

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Those that ask a process to end."""


def words_for(number: int) -> str:
    """What is said of a task that was told to end by a signal."""
    return f"the task was told to end ({signal.Signals(number).name})"


class Terminated(BaseException):
    """Somebody has told the task to end; no `Exception`, since code that goes on after errors should not go on here."""


class Interrupted(Terminated, KeyboardInterrupt):
    """The same by SIGINT, for code that looks for Ctrl-C."""


class Termination:
    """What the signals that ask for an end do in a task's process.

    Attributes:
        number: The one that has come first; None while none has.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._pid = 0

    def expect(self) -> None:
        """From now on the first one raises `Terminated` in the main thread; further ones are the watcher's."""
        self.number = None
        self._pid = os.getpid()
        for number in SIGNALS:
            signal.signal(number, self._raise)
        # what the step forks is to end as any process; held back meanwhile, as Python forgets what comes in between
        os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._forget)

    def defer(self) -> None:
        """From now on they do nothing: what is left is short, and is not to be torn in two."""
        if self._pid == os.getpid():
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)

    def _raise(self, number: int, _frame: object) -> None:
        if self.number is None:
            self.number = number
            raise (Interrupted if number == signal.SIGINT else Terminated)(words_for(number))

    def _hold(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def _release(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _forget(self) -> None:
        for number in SIGNALS:
            if signal.getsignal(number) == self._raise:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        self._release()


TERMINATION = Termination()
"""That of this process."""


def end_at_once(number: int, _frame: object) -> None:
    """The handler of a runner whose task has not begun; as process 1 of a container it would else ignore the signal."""
    os._exit(contract.EXIT_SIGNAL + number)
