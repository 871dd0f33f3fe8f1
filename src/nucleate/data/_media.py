"""Telling video and audio from images: by name before anything is read, by their first bytes when one is no image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from nucleate.errors import DataError

SUFFIXES = {
    "video": frozenset(f".{kind}" for kind in ("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "wmv", "flv")),
    "audio": frozenset(
        f".{kind}" for kind in ("wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac", "wma", "aiff")
    ),
}
IMAGE_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc")
SIGNATURES = (
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"\x00\x00\x01\xba", "a video"),
    (0, b"FLV\x01", "a video"),
    (8, b"AVI ", "a video"),
    (8, b"WAVE", "a sound"),
    (0, b"ID3", "a sound"),
    (0, b"\xff\xfb", "a sound"),
    (0, b"fLaC", "a sound"),
    (0, b"OggS", "a sound or video"),
    (0, b"%PDF", "a PDF document"),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"PK\x03\x04", "an archive"),
)


def what_it_is(data: bytes) -> str:
    """What a file that is no image is instead, in words; empty when that cannot be told.

    Examples
    --------
    >>> what_it_is(b"RIFF____WAVEfmt "), what_it_is(b"<html><body>404"), what_it_is(b"hello")
    ('a sound', 'a web page', '')
    """
    if data[4:8] == b"ftyp":
        if data[8:12] in IMAGE_BRANDS:
            return "a HEIF image, which needs converting"
        return "a sound" if data[8:11] == b"M4A" else "a video"
    for place, signature, words in SIGNATURES:
        if data[place : place + len(signature)].lower() == signature.lower():
            return words
    return ""


def refuse_media(names: Sequence[str], where: str) -> None:
    """Refuse samples whose files are all video or audio.

    Raises
    ------
    DataError
        With the first of them.
    """
    for kind, suffixes in SUFFIXES.items():
        if names and all(PurePath(name).suffix.lower() in suffixes for name in names):
            count = f"{len(names)} {kind} file" + ("s" if len(names) > 1 else "")
            raise DataError(
                f"{where} holds {count} (first {names[0]}), and nucleate probes images and texts only",
                "Take single pictures out of them first",
            )
