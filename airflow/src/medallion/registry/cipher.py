"""What is confidential, encrypted at rest where a key is given."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from medallion.exceptions import RegistryError

#: Set before what is encrypted, so that rows from before there was a key are still read.
_MARK = b"fernet:"


class Cipher:
    """Encrypts with the first of some Fernet keys, decrypts with any of them; without keys it does neither.

    Args:
        keys: Fernet keys separated by commas, the newest first, as ``MEDALLION_FERNET_KEY`` has them.

    Raises:
        RegistryError: if one is not a Fernet key.
    """

    def __init__(self, keys: str = "") -> None:
        named = [key.strip() for key in keys.split(",") if key.strip()]
        try:
            fernets = [Fernet(key) for key in named]
        except ValueError as error:
            raise RegistryError(
                "MEDALLION_FERNET_KEY: each key is 32 bytes in URL-safe base64; "
                "`medallion registry-key` makes one"
            ) from error
        self._newest = fernets[0] if fernets else None
        self._all = MultiFernet(fernets) if fernets else None

    def seal(self, text: str) -> str:
        """Encrypt a text, if there is a key."""
        return self.seal_bytes(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt what :meth:`seal` gave, with or without a key.

        Raises:
            RegistryError: if the key that it was sealed with is not among those given.
        """
        return self.open_bytes(sealed.encode()).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """Encrypt bytes, if there is a key."""
        return _MARK + self._all.encrypt(content) if self._all else content

    def open_bytes(self, sealed: bytes) -> bytes:
        """Decrypt what :meth:`seal_bytes` gave, with or without a key.

        Raises:
            RegistryError: as :meth:`open`.
        """
        if not sealed.startswith(_MARK):
            return sealed
        if self._all is None:
            raise RegistryError("the registry is encrypted, and MEDALLION_FERNET_KEY is not set")
        try:
            return self._all.decrypt(sealed.removeprefix(_MARK))
        except InvalidToken:
            raise RegistryError(
                "the registry is encrypted with a key that is not in MEDALLION_FERNET_KEY"
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Say whether stored bytes are as they would be stored now: with the newest key, or not sealed."""
        if self._newest is None or not sealed.startswith(_MARK):
            return self._newest is None and not sealed.startswith(_MARK)
        try:
            self._newest.decrypt(sealed.removeprefix(_MARK))
        except InvalidToken:
            return False
        return True
