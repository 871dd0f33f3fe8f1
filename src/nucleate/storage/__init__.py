"""How bytes reach the disk and how we know that they did: atomic writes, commit records, blocks of rows."""

from nucleate.storage.atomic import clean_temporary, remove, write_bytes, write_json, write_parquet
from nucleate.storage.blocks import BlockStore
from nucleate.storage.commits import Commit, commit, committed, vouch
from nucleate.storage.fingerprint import digest, digest_array, digest_bytes
from nucleate.storage.lock import locked
from nucleate.storage.tensors import encode_tensors, read_tensor, read_tensors, tensor_names
from nucleate.storage.verify import Damage, find_damage

__all__ = [
    "BlockStore",
    "Commit",
    "Damage",
    "clean_temporary",
    "commit",
    "committed",
    "digest",
    "digest_array",
    "digest_bytes",
    "encode_tensors",
    "find_damage",
    "locked",
    "read_tensor",
    "read_tensors",
    "remove",
    "tensor_names",
    "vouch",
    "write_bytes",
    "write_json",
    "write_parquet",
]
