"""The form behind Trigger: what a person, or a program over REST, may ask of a client's run."""

from __future__ import annotations

from airflow.sdk import Param

from medallion.pipeline import LAYERS

_WHAT, _HOW = "What to process", "How"


def trigger_form() -> dict[str, Param]:
    """The params of a client's DAG; left as they are, a run does what a scheduled one does."""
    return {
        "day": _date(
            "Day",
            "All of its intervals that have ended. Empty: the run's own interval, the last complete one if "
            "no date is given above.",
        ),
        "until": _date(
            "Until",
            "The last of several days, for which Day is the first: they are landed one after the other, "
            "built once and published once.",
        ),
        "rebuild": Param(
            [],
            type="array",
            items={"type": "string", "enum": list(LAYERS)},
            uniqueItems=True,
            examples=list(LAYERS),
            title="Rebuild in full",
            description="Layers whose incremental models are made anew from the layer before, as by "
            "`dbt build --full-refresh`. All others are made anew in every run.",
            section=_HOW,
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Land, build, test and judge, but publish nothing and delete nothing.",
            section=_HOW,
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Reason",
            description="Why; it stands in the run's report and in the ledger.",
            section=_HOW,
        ),
    }


def _date(title: str, description: str) -> Param:
    what = {"title": title, "description": description, "section": _WHAT}
    return Param(None, type=["null", "string"], format="date", **what)
