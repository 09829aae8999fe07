"""Work in a child process that is forked, so that it spends its time on files and not on imports."""

from __future__ import annotations

import os
import signal
import traceback

from imgrank.actions import boundary
from imgrank.errors import ImgrankError, Interrupted

KILLED, FAULT = 9, 99
STOPS = (signal.SIGINT, signal.SIGTERM)


def start(work):
    """Begin `work` in a child; it exits with 0, with an ImgrankError's own code, or with FAULT for any other error."""
    # A signal waits until the child is ready for it: before, it would end a copy of pytest, with pytest's own code
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return child
    code = FAULT
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Ray, where a test before this one started it, set its own
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        work()
        code = 0
    except ImgrankError as error:
        code = error.exit_code
    except KeyboardInterrupt:
        code = Interrupted.exit_code  # as the command line has it
    except BaseException:  # noqa: BLE001 (a child must end here, whatever it raised)
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(child):
    """Wait for a child. Its exit code; the negative number of a signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(count, work):
    """Do `work` in a child that dies at the boundary `count`; False where it ended before."""

    def until_then():
        left = count

        def listener(_point):
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(KILLED)

        boundary.listen(listener)
        work()

    code = ended(start(until_then))
    assert code in (0, KILLED), f"the child ended with {code}"
    return code == KILLED


def as_nobody():
    """Give up the rights of root, who meets no refusal."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
