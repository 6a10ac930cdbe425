"""docs/orders.md, drawn from the tables of the code: `python -m router.page > docs/orders.md`."""

from __future__ import annotations

import sys

import msgspec

from hft.schema import Limits, OwnLimits
from router.orders import diagram
from router.refusals import table


def limits_table() -> str:
    """Return the limits with their defaults as a Markdown table, in the order of the schema."""
    own = OwnLimits.__struct_fields__
    rows = [
        f"| `{name}` | {default:,g} | {'strategy' if name in own else 'account'} |"
        for name, default in msgspec.structs.asdict(Limits()).items()
    ]
    return "\n".join(["| limit | default | of |", "|---|---|---|", *rows])


def page() -> str:
    """Return the page."""
    return f"""# The life of an order

Drawn from the tables in `router/orders.py` and `router/refusals.py` by `python -m router.page > docs/orders.md`; a test
holds them together.

Orders are in `unknown` while the venue's view is not known: nothing is sent again, the exposure counts, and the order
is asked for by its name until the venue has it or surely has not. A `rejected` order may come back only if it was
presumed absent; a terminal one may still fill, because a fill that crossed our cancel can be told late.

```mermaid
{diagram()}
```

`pending_replace`: a PATCH was sent to move it. It works on and may fill first; the order that is to take its place
has a name and a record of its own, and both count until the venue has said which of the two it is (ADR 24).

## Why an order is refused

Each refusal is typed and carries its numbers: in the strategy's answer, in an `order.refused` event, and in
`hftctl strategy why`. Checks on size and on the quote's quality let exits pass: leaving is never harder than staying.

{table()}

## The limits, and whose they are

Defaults of `[limits]` in hft.toml. A strategy may have its own in `[strategy.NAME.limits]`, stricter or looser; those
of the account hold for all together, whatever a strategy's own say. `hftctl strategy why NAME` names those it has.

```toml
[strategy.mm.limits]
order_usd_max = 500
```

{limits_table()}
"""


if __name__ == "__main__":
    sys.stdout.write(page())
