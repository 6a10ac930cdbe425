"""One of the two wild families."""

from tests.simulation.monkeys import Wild


class Monkey(Wild):
    """Anything, any time."""
