"""What is told of drills at a site, before one is run."""

from __future__ import annotations

import json

from ops.actions import drill
from ops.report import drill as report


def test_a_site_wants_the_objectives_of_its_spec_of_every_drill() -> None:
    for one in json.loads(report.list_json(drill.known_at("lab")))["drills"]:
        assert one["objective"] == {"rto_s": 600.0, "rpo_s": 93600.0}
        assert one["refused"] is None


def test_only_the_drill_that_destroys_is_refused_at_a_real_site_and_where_the_control_plane_is_more_than_that() -> None:
    for site, why in (("example", "real site"), ("lab-single", "one control plane that is nothing else")):
        told = {one.scenario: one.refused for one in drill.known_at(site)}
        assert why in told.pop("control-plane-lost")
        assert set(told.values()) == {""}
        assert why in report.list_text(drill.known_at(site))


def test_without_a_site_nothing_is_said_of_one() -> None:
    assert {*json.loads(report.list_json(drill.known()))["drills"][0]} == {"scenario", "title", "safe"}
