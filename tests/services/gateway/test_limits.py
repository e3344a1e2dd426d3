from __future__ import annotations

import contextlib

import pytest

from ops.services.gateway.errors import RateLimitError
from ops.services.gateway.keys import Key
from ops.services.gateway.limits import Limits

_ONE, _TWO = Key("one", "1" * 64), Key("two", "2" * 64)


def test_a_key_may_not_hold_more_than_its_share_but_others_still_may() -> None:
    limits = Limits(total=3, per_key=2)
    with limits.hold(_ONE), limits.hold(_ONE):
        with pytest.raises(RateLimitError, match="This key"), limits.hold(_ONE):
            pass
        with limits.hold(_TWO):
            assert limits.in_flight == 3


def test_all_keys_together_may_not_hold_more_than_the_gateway_can() -> None:
    limits = Limits(total=2, per_key=2)
    with limits.hold(_ONE), limits.hold(_TWO), pytest.raises(RateLimitError, match="The gateway"), limits.hold(_TWO):
        pass


def test_a_place_comes_free_after_an_error_too() -> None:
    limits = Limits(total=1, per_key=1)
    for _ in range(3):
        with contextlib.suppress(KeyError), limits.hold(_ONE):
            raise KeyError
    assert limits.in_flight == 0
