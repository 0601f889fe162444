"""What a change does, seen before it is merged: plan, models built on sample data, scores; no Airflow."""

from medallion.review.comment import comment_of
from medallion.review.review import Review, review

__all__ = ["Review", "comment_of", "review"]
