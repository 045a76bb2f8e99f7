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
    pending = False
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
    if State.removing:
        Report.tell("removing what was made; this takes a moment")
    elif State.depth:
        State.pending = True
    else:
        raise Stopped


@contextlib.contextmanager
def uninterrupted():
    State.depth += 1
    try:
        yield
    finally:
        State.depth -= 1
    if State.pending and not State.depth and not State.removing:
        State.pending = False
        raise Stopped
