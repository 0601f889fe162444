from dataclasses import replace
from datetime import datetime

from medallion.ledger import open_ledger
from medallion.ledger.releases import Release, in_force, releases, revoke, sign

ONE = Release(
    "a", "sales__lines", {"order": "it's 1", "line": "2"}, ("r1", "r2"), "why", "ann", datetime(2026, 1, 15)
)


def test_a_release_is_read_as_it_was_signed_until_it_is_revoked(tmp_path):
    book = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    sign(book, [ONE, replace(ONE, client_id="b"), replace(ONE, key={"order": "2", "line": "1"})])
    first, second = releases(book, "a")
    assert replace(first, id=0) == ONE
    revoke(book, [first.id], "bob")
    revoke(book, [first.id], "eve")
    assert in_force(book, "a") == [second]
    assert [one.revoked_by for one in releases(book, "a")] == ["bob", None]
