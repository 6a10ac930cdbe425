"""What `hftctl strategy why` says below the gates."""

from __future__ import annotations

from hft.schema import Settings
from hftctl.whys import own_limits


def test_a_strategys_own_limits_stand_beside_the_fleets() -> None:
    settings = Settings(strategy={"mm": {"limits": {"order_usd_max": 500.0, "collar_bps": 9.0}}})
    assert own_limits(settings, "mm") == ["Its own limits: order_usd_max 500 (fleet 5,000), collar_bps 9 (fleet 25)"]
    assert own_limits(settings, "drift") == []
