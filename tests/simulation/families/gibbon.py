"""The other of the two wild families."""

from tests.simulation.monkeys import Wild


class Gibbon(Wild):
    """Anything, any time."""
