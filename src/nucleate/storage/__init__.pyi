from ._atomic import (
    TEMPORARY_SUFFIX,
    clean_temporary,
    encode_json,
    encode_parquet,
    remove,
    write_bytes,
    write_json,
    write_parquet,
)
from ._blocks import BlockStore
from ._commits import Commit, commit, committed, read_commit, vouch
from ._fingerprint import digest, digest_array, digest_bytes
from ._lock import locked
from ._log import append_line, damaged_lines, mend_log
from ._tensors import encode_tensors, read_tensor, read_tensors, tensor_names
from ._verify import Damage, find_damage

__all__ = [
    "TEMPORARY_SUFFIX",
    "BlockStore",
    "Commit",
    "Damage",
    "append_line",
    "clean_temporary",
    "commit",
    "committed",
    "damaged_lines",
    "digest",
    "digest_array",
    "digest_bytes",
    "encode_json",
    "encode_parquet",
    "encode_tensors",
    "find_damage",
    "locked",
    "mend_log",
    "read_commit",
    "read_tensor",
    "read_tensors",
    "remove",
    "tensor_names",
    "vouch",
    "write_bytes",
    "write_json",
    "write_parquet",
]
