from __future__ import annotations

from ops.adapters.traffic import Request, Traffic


def test_requests_are_counted_by_when_they_were_asked() -> None:
    traffic = Traffic()
    for asked, ended, failure in (
        (0.0, 1.0, None),
        (10.0, 11.0, None),
        (12.0, 14.0, "status 503"),
        (14.0, 15.0, "ConnectError"),
        (15.0, 19.0, None),
        (31.0, 32.0, "status 503"),
    ):
        traffic.add(Request(asked, ended, failure))
    count = traffic.count(10.0, 30.0)
    assert (count.served, dict(count.failed), count.sent) == (2, {"status 503": 1, "ConnectError": 1}, 4)
    assert count.longest_silence == 11.0
    assert traffic.served() == 3


def test_no_answer_at_all_is_one_long_silence() -> None:
    count = Traffic().count(5.0, 65.0)
    assert (count.sent, count.served, count.longest_silence) == (0, 0, 60.0)
