from __future__ import annotations

from medallion.orchestration.stream_triggers import Gathering


def fired(looks, batch=10.0, again=60.0):
    """The moments at which it fires, of looks as (second, names of files)."""
    gathering = Gathering(batch, again)
    return [second for second, names in looks if gathering.is_due(frozenset(names), second)]


def test_a_burst_fires_once_when_it_is_over():
    assert fired([(0, "a"), (0.5, "ab"), (1, "abc"), (1.5, "abc"), (2, "abc"), (2.5, "abc"), (3, "abc")]) == [
        2
    ]


def test_what_never_pauses_fires_after_the_time_to_gather():
    names = "abcdefghijklmnopqrstuvwxyz"
    assert fired([(n / 2, names[: n + 1]) for n in range(24)]) == [10]


def test_nobody_took_it_yet_so_it_fires_again_only_after_a_while():
    looks = [(n, "a") for n in range(130)]
    assert fired(looks) == [1, 61, 121]


def test_new_files_do_not_fire_while_the_first_are_untouched():
    assert fired([(0, "a"), (1, "a"), (2, "ab"), (15, "ab"), (30, "abc")]) == [1]


def test_what_is_left_over_fires_again():
    assert fired([(0, "abc"), (1, "abc"), (5, "c"), (8, "c"), (11, "c"), (12, "c")]) == [1, 11]


def test_it_fires_at_most_once_in_the_time_to_gather():
    assert fired([(0, "a"), (1, "a"), (2, ""), (3, "b"), (5, "b"), (10.5, "b"), (11, "b")]) == [1, 11]
