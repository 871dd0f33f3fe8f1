"""Every kind of image file under both policies: read as stated; or its row is kept, marked; or the run stops."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from nucleate.data import Samples, UnreadableImage, from_folder, from_table
from nucleate.errors import DataError, RunError
from nucleate.models import Preprocessing, as_network
from support.image_kinds import READABLE, UNREADABLE, file
from support.small_run import make_network, run_probe

PHOTO = file(Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8)), "JPEG")


def missing(path: Path) -> None:
    """The table names it, and it is not there."""


def forbidden(path: Path) -> None:
    path.write_bytes(PHOTO)
    path.chmod(0)


NOT_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder named .jpg": (Path.mkdir, "cannot be opened: Is a directory"),
    "broken link": (lambda path: path.symlink_to("nowhere.jpg"), "cannot be opened: No such file or directory"),
    "missing": (missing, "cannot be opened: No such file or directory"),
    "link in a circle": (
        lambda path: path.symlink_to(path.name),
        "cannot be opened: Too many levels of symbolic links",
    ),
    "forbidden": (forbidden, "cannot be opened: Permission denied"),
}
KINDS = [*READABLE, *UNREADABLE, *NOT_FILES]
ODD = 2
"""The row of the kind in question, between photos."""


def samples_with(kind: str, folder: Path) -> Samples:
    """Four photos and one file of a kind, always named .jpg."""
    names = [f"{place}.jpg" for place in range(5)]
    for place, name in enumerate(names):
        if place != ODD:
            (folder / name).write_bytes(PHOTO[:-2] + bytes([place]) + PHOTO[-2:])
        elif kind in NOT_FILES:
            NOT_FILES[kind][0](folder / name)
        else:
            (folder / name).write_bytes((READABLE | UNREADABLE)[kind][0])
    return from_table(pl.DataFrame({"file": names}), path_column="file", root=folder)


def test_there_are_two_dozen_kinds() -> None:
    assert len(KINDS) >= 24


@pytest.mark.parametrize("policy", ["skip", "stop"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_under_a_policy(kind: str, policy: str, tmp_path: Path) -> None:
    if kind == "forbidden" and (os.name == "nt" or os.geteuid() == 0):
        pytest.skip("nothing is forbidden to this user; a double is tested below")
    (tmp_path / "photos").mkdir()
    samples = samples_with(kind, tmp_path / "photos")
    network = as_network(make_network(), preprocessing=Preprocessing((8, 8), 1, (0.5,), (0.5,)))
    request = {"network": network, "samples": samples, "layers": "output", "k": 1, "measures": ("landscape",)}
    reason = (UNREADABLE | NOT_FILES)[kind][1] if kind not in READABLE else None
    if reason is not None and policy == "stop":
        with pytest.raises(
            RunError, match=rf"1 sample cannot be read by now, among them 2\.jpg \(row 2\): .*({reason})"
        ):
            run_probe(tmp_path / "run", on_bad=policy, **request)
        return
    run = run_probe(tmp_path / "run", on_bad=policy, **request)
    told = run.samples.select("path", "status", "reason").rows()
    assert [name for name, _, _ in told] == [f"{place}.jpg" for place in range(5)]
    assert [status for _, status, _ in told if status != "ok"] == ([] if reason is None else ["failed"])
    rows = [0, 1, 2, 3, 4]
    if reason is None:
        assert READABLE[kind][1](samples.source.read(ODD))
        assert np.isfinite(run.activations("output", np.array(rows))).all()
    else:
        assert re.search(reason, told[ODD][2])
        assert np.isnan(run.activations("output", np.array([ODD]))).all()
        rows.remove(ODD)
    assert run.rows.tolist() == rows
    assert sorted(run.thumbnails([0, 1, 2, 3, 4])) == rows


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = samples_with("jpeg", tmp_path)

    def deny(path: Path) -> bytes:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "read_bytes", deny)
    with pytest.raises(UnreadableImage, match="cannot be opened: Permission denied"):
        samples.source.read(ODD)


def test_a_folder_of_photos_with_a_folder_named_like_one_is_refused_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "a" / "odd.jpg").mkdir(parents=True)
    (tmp_path / "a" / "1.jpg").write_bytes(PHOTO)
    with pytest.raises(DataError, match=r"class folder .*odd\.jpg holds no images. Add images or remove the folder"):
        from_folder(tmp_path)
