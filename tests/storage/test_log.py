import json
from pathlib import Path

from nucleate.storage._log import append_line, damaged_lines, mend_log


def test_lines_are_json_and_damage_is_found_and_taken_away(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert damaged_lines(log) == []
    for number in range(5):
        append_line(log, {"text": f'é "{number}", "crc32": 1', "n": number})
    assert [json.loads(line)["n"] for line in log.read_text(encoding="utf-8").splitlines()] == list(range(5))
    assert damaged_lines(log) == []
    whole = log.read_bytes()
    for place in range(len(whole)):
        log.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert damaged_lines(log), place
    ends = {place + 1 for place, byte in enumerate(whole) if byte == ord("\n")} | {0}
    for size in range(len(whole)):
        log.write_bytes(whole[:size])
        assert bool(damaged_lines(log)) == (size not in ends), size
    log.write_bytes(whole.replace(b'"n": 2', b'"n": 7')[:-3])
    assert damaged_lines(log) == [3, 5]
    mend_log(log)
    assert [json.loads(line)["n"] for line in log.read_text(encoding="utf-8").splitlines()] == [0, 1, 3]
    assert damaged_lines(log) == []
