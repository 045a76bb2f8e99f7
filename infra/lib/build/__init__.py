"""The parts of `infra/build`."""


class Problem(Exception):
    """Why there is no build, and what to do about it."""
