from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, text

from medallion.exceptions import RegistryError
from medallion.registry import ACTIVE, FILE, DagFiles, Definition, FileChange, Registry, open_registry, tables
from medallion.registry.cipher import Cipher

#: The same in every process: xdist's workers have to name their tests alike.
OLD, NEW = (base64.urlsafe_b64encode(sign * 32).decode() for sign in (b"o", b"n"))


def _put(registry: Registry, definition: Definition, key: str = "shop") -> None:
    registry.put(key, definition, status=ACTIVE, origin=FILE, actor="ann", why="acme's secret plan")


def _raw(registry: Registry) -> str:
    """All that the tables hold, as one text."""
    with registry.engine.connect() as connection:
        rows = [
            [tuple(row) for row in connection.execute(select(table))]
            for table in (tables.configuration, tables.revision, tables.audit_event, tables.blob)
        ]
    return str(rows)


def test_without_a_key_what_is_stored_is_readable(url: str, shop: Definition) -> None:
    registry = open_registry(url, "default")
    _put(registry, shop)

    assert "s3://bucket/sales" in _raw(registry)


def test_with_a_key_no_value_of_a_client_is_readable(url: str, shop: Definition) -> None:
    registry = open_registry(url, "default", OLD)
    _put(registry, shop)
    DagFiles(registry.engine, "default", registry.cipher).change([FileChange("a.py", b"s3://bucket/sales")])

    assert "s3://bucket/sales" not in _raw(registry)
    live = registry.configuration("shop")
    assert live is not None
    assert live.definition == shop
    with registry.engine.connect() as connection:
        (detail,) = connection.execute(select(tables.audit_event.c.detail)).scalars()
    assert "secret plan" not in detail
    assert registry.events()[0].detail["why"] == "acme's secret plan"


def test_rows_from_before_there_was_a_key_are_read_and_encrypted_by_rotation(
    url: str, shop: Definition
) -> None:
    _put(open_registry(url, "default"), shop)
    registry = open_registry(url, "default", NEW)
    assert registry.configuration("shop") is not None

    assert registry.rotate_key() == 3
    assert "s3://bucket/sales" not in _raw(registry)
    assert registry.rotate_key() == 0


def test_a_key_is_rotated_while_the_old_one_is_still_given(url: str, shop: Definition) -> None:
    _put(open_registry(url, "default", OLD), shop)
    both = open_registry(url, "default", f"{NEW},{OLD}")
    assert both.configuration("shop") is not None

    assert both.rotate_key() == 3

    alone = open_registry(url, "default", NEW)
    assert [one.definition for one in alone.history("shop")] == [shop]
    assert alone.events()[0].action == "created"
    with pytest.raises(RegistryError, match="with a key that is not in MEDALLION_FERNET_KEY"):
        open_registry(url, "default", OLD).configuration("shop")


def test_what_is_written_while_keys_are_rotated_stays(
    url: str, shop: Definition, changed: Callable[..., Definition], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_registry(url, "default", OLD)
    _put(old, shop)
    _put(old, shop, "gone_meanwhile")
    is_current = Cipher.is_current

    def late(cipher: Cipher, stored: bytes) -> bool:
        """Between the first row's being read and written."""
        monkeypatch.undo()
        _put(old, changed(retries=5))
        with old.engine.begin() as connection:
            c = tables.configuration.c
            connection.execute(delete(tables.configuration).where(c.stream_key == "gone_meanwhile"))
        return is_current(cipher, stored)

    monkeypatch.setattr(Cipher, "is_current", late)
    assert open_registry(url, "default", f"{NEW},{OLD}").rotate_key() == 7

    live = open_registry(url, "default", NEW).configuration("shop")
    assert live is not None
    assert (live.revision, live.definition) == (2, changed(retries=5))


@pytest.mark.parametrize(
    ("keys", "said"),
    [(NEW, "with a key that is not in MEDALLION_FERNET_KEY"), ("", "MEDALLION_FERNET_KEY is not set")],
)
def test_with_a_wrong_key_nothing_is_written(url: str, shop: Definition, keys: str, said: str) -> None:
    _put(open_registry(url, "default", OLD), shop)

    with pytest.raises(RegistryError, match=said):
        _put(open_registry(url, "default", keys), shop, "other")
    assert list(open_registry(url, "default", OLD).heads()) == ["shop"]


def test_what_is_no_key_is_told() -> None:
    with pytest.raises(
        RegistryError, match="each key is 32 bytes in URL-safe base64; `medallion registry-key`"
    ):
        open_registry("sqlite://", "default", "hunter2")


def test_a_damaged_file_is_told(url: str) -> None:
    registry = open_registry(url, "default", OLD)
    files = DagFiles(registry.engine, "default", registry.cipher)
    files.change([FileChange("a.py", b"dag")])
    (checksum,) = files.tree().values()
    assert files.contents([checksum]) == {checksum: b"dag"}

    with registry.engine.begin() as connection:
        connection.execute(tables.blob.update().values(content=b"other"))
    with pytest.raises(RegistryError, match="is damaged"):
        files.contents([checksum])
    with registry.engine.begin() as connection:
        connection.execute(text("delete from dag_file"))
        connection.execute(text("delete from blob"))
    with pytest.raises(RegistryError, match="lost the content of 1 DAG files"):
        files.contents([checksum])
