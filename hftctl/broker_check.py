"""Before a paper fleet starts: does the broker take the keys, and does it trade the symbols? A few plain GETs, bounded.

The server's own code and words are quoted; the cause is never guessed.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from hft.errors import ConfigError, CredentialsRefused, FleetError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hft.keys import Broker

ANSWER_S_MAX = 5.0
BODY_BYTES_MAX = 1 << 20
QUOTED_CHARS_MAX = 160
REFUSED, NOT_FOUND = frozenset({401, 403}), 404


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys go to the host that was checked, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 the library's own signature
        return None


def check_broker(broker: Broker, symbols: Iterable[str]) -> None:
    """Return when the account may trade these symbols.

    Raises CredentialsRefused (77), Unavailable (69), or ConfigError (78) for a blocked account or a foreign symbol.
    """
    account = _get(broker, "/v2/account")
    if account.get("trading_blocked") or account.get("account_blocked"):
        raise ConfigError(
            "The account is blocked from trading.",
            f"The broker says status {account.get('status')!r}.",
            "Look at it on the broker's dashboard.",
        )
    for symbol in symbols:
        _check_symbol(broker, symbol)


def account_in_words(broker: Broker) -> str:
    """Return status, equity, positions and open orders of the account; raises as `check_broker` does."""
    account = _get(broker, "/v2/account")
    positions, orders = _list(broker, "/v2/positions"), _list(broker, "/v2/orders?status=open&limit=500")
    equity = float(account.get("equity") or 0)
    return f"{account.get('status')}, equity ${equity:,.2f}, {len(positions)} positions, {len(orders)} open orders"


def _check_symbol(broker: Broker, symbol: str) -> None:
    try:
        asset = _get(broker, f"/v2/assets/{symbol}")
    except LookupError as error:
        why = str(error)
    else:
        if asset.get("tradable"):
            return
        why = f"The broker lists it as {asset.get('status')}, not tradable."
    raise ConfigError(f"{symbol} cannot be traded here.", why, "Choose with --symbols, HFT_SYMBOLS or fleet.symbols.")


def _get(broker: Broker, path: str) -> dict[str, Any]:
    found = _answer(broker, path)
    return found if isinstance(found, dict) else {}


def _list(broker: Broker, path: str) -> list[Any]:
    found = _answer(broker, path)
    return found if isinstance(found, list) else []


def _answer(broker: Broker, path: str) -> object:
    headers = {"APCA-API-KEY-ID": broker.keys.key_id, "APCA-API-SECRET-KEY": broker.keys.secret}
    request = urllib.request.Request(broker.rest + path, headers=headers)  # noqa: S310 keys.base_url checked the host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=ANSWER_S_MAX) as answer:
            return json.loads(answer.read(BODY_BYTES_MAX))
    except urllib.error.HTTPError as error:
        with error:
            text = error.read(BODY_BYTES_MAX).decode("utf-8", "replace").strip()[:QUOTED_CHARS_MAX]
        raise _refusal(broker, path, error.code, text) from None
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"{broker.rest} cannot be reached.", _reason(error), "Check the network and try again."
        ) from None


def _reason(error: OSError | ValueError) -> str:
    """Return what the system said, without the wrapping of urllib."""
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    return (inner.strerror if isinstance(inner, OSError) else "") or str(inner) or type(inner).__name__


def _refusal(broker: Broker, path: str, status: int, text: str) -> FleetError | LookupError:
    said = f"GET {path} was answered {status}: {text or 'no words'}"
    if status in REFUSED:
        kind = "" if broker.keys.key_id.startswith("PK") else " Paper keys usually begin with PK; this one does not."
        return CredentialsRefused(
            "The broker does not accept the keys.",
            said + kind,
            "Make new paper keys on the broker's dashboard and put both into .env.",
        )
    if status == NOT_FOUND:
        return LookupError(said)
    return Unavailable("The broker does not answer as it should.", said, "Try again in a minute.")
