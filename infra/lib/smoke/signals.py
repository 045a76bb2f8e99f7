"""Being told to stop: at once, but not in the middle of a call that makes something. What is on its way
to AWS could otherwise come into being after it was looked for."""

import contextlib
import signal

from .report import Report

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants the run to end."""


class State:
    depth = 0
    asked = False
    removing = False


def watch():
    """From now on signals stop the run."""
    for number in NUMBERS:
        signal.signal(number, stop)


def remove_now():
    """From now on signals no longer stop anything: things are being removed."""
    State.removing = True
    for number in NUMBERS:
        signal.signal(number, stop)


def stop(_number, _frame):
    if State.removing or State.asked:
        Report.tell("removing what was made; this takes a moment")
        return
    State.asked = True
    if not State.depth:
        raise Stopped


@contextlib.contextmanager
def uninterrupted():
    """A call that is not to be interrupted; before and after it, the run stops if it was asked to."""
    stop_if_asked()
    State.depth += 1
    try:
        yield
    finally:
        State.depth -= 1
    stop_if_asked()


def stop_if_asked():
    """Also where the exception of a signal is lost: Python drops one that is raised while a file is finalised."""
    if State.asked and not State.depth and not State.removing:
        raise Stopped
