import random
from pathlib import Path

import pytest

from nucleate.storage import Damage, commit, vouch, write_bytes
from nucleate.storage import find_damage as damage_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generator = random.Random(0)
    for unit in range(4):
        files = {f"{unit}.bin": generator.randbytes(300), f"../other/{unit}.bin": generator.randbytes(50)}
        commit(tmp_path / "units" / f"{unit}.json", files, fingerprint=str(unit), facts={"n": [unit, 1.5, None, "é"]})
    write_bytes(tmp_path / "run.json", b"{}\n")
    vouch(tmp_path / "manifest.json", [tmp_path / "run.json", *(tmp_path / "units").glob("*.json")])
    return tmp_path


def find_damage(folder: Path) -> list[Damage]:
    return damage_of([folder / "manifest.json", *sorted((folder / "units").glob("*.json"))])


def everything(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_untouched_folder_is_whole(folder: Path) -> None:
    assert find_damage(folder) == []


def test_every_bit_flip_is_found(folder: Path) -> None:
    generator = random.Random(1)
    for _ in range(300):
        path = generator.choice(everything(folder))
        data = bytearray(path.read_bytes())
        bit = generator.randrange(8 * len(data))
        data[bit // 8] ^= 1 << (bit % 8)
        original = path.read_bytes()
        path.write_bytes(bytes(data))
        assert path.resolve() in {damage.path for damage in find_damage(folder)}, (path, bit)
        path.write_bytes(original)
    assert find_damage(folder) == []


def test_every_truncation_and_missing_file_is_found(folder: Path) -> None:
    for path in everything(folder):
        original = path.read_bytes()
        for size in {0, 1, len(original) // 2, len(original) - 1}:
            path.write_bytes(original[:size])
            assert path.resolve() in {damage.path for damage in find_damage(folder)}, (path, size)
        path.unlink()
        if path.name != "manifest.json":
            assert path.resolve() in {damage.path for damage in find_damage(folder)}
        path.write_bytes(original)


def test_damage_names_the_unit_that_has_to_be_made_anew(folder: Path) -> None:
    (folder / "other" / "2.bin").write_bytes(b"")
    (damage,) = find_damage(folder)
    assert damage.record == folder / "units" / "2.json"
    assert str(damage).endswith("other/2.bin: 0 bytes instead of 50")
