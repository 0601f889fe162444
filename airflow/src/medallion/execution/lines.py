"""A log's bytes as they come → whole lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator


def whole_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Cut a stream of UTF-8 into lines, each as soon as it is whole; what is no UTF-8 is replaced."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    for chunk in chunks:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in whole)
    if rest:
        yield rest
