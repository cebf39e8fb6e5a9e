"""The Merkle tree hashes as RFC 6962 says, and its proofs prove exactly what they should."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core import merkle

# Entries and roots published with Certificate Transparency's reference implementation.
ENTRIES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    bytes(range(0x60, 0x70)),
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(e) for e in ENTRIES]


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    n = len(leaves)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return leaves[0]
    k = 1
    while k * 2 < n:
        k *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def test_published_roots():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, root in enumerate(ROOTS, 1):
        assert merkle.root(LEAVES[:size]).hex() == root


def test_published_proofs():
    inclusion = [h.hex() for h in merkle.inclusion_proof(LEAVES, 0)]
    assert inclusion == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    consistency = [h.hex() for h in merkle.consistency_proof(LEAVES, 6)]
    assert consistency == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8), max_size=70))
def test_root_equals_the_definition(entries):
    leaves = [merkle.leaf_hash(e) for e in entries]
    assert merkle.root(leaves) == slow_root(leaves)


@settings(deadline=None)
@given(st.integers(1, 70), st.data())
def test_inclusion_is_proven_and_nothing_else(size, data):
    leaves = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    head = merkle.root(leaves)
    proof = merkle.inclusion_proof(leaves, index)
    assert merkle.verify_inclusion(leaves[index], index, size, proof, head)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert not merkle.verify_inclusion(leaves[other], index, size, proof, head)
        assert not merkle.verify_inclusion(leaves[index], other, size, proof, head)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*proof, head], head)
    if proof:
        assert not merkle.verify_inclusion(leaves[index], index, size, proof[:-1], head)


@settings(deadline=None)
@given(st.integers(0, 70), st.data())
def test_consistency_is_proven_and_nothing_else(size, data):
    leaves = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    older = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(leaves, older)
    heads = merkle.root(leaves[:older]), merkle.root(leaves)
    assert merkle.verify_consistency(older, size, *heads, proof)
    if 0 < older < size:
        changed = [merkle.leaf_hash(b"changed"), *leaves[1:]]
        assert not merkle.verify_consistency(older, size, merkle.root(changed[:older]), heads[1], proof)
        assert not merkle.verify_consistency(older, size, heads[0], merkle.root(changed), proof)
        assert not merkle.verify_consistency(older, size, *heads, proof[:-1])


def test_no_proof_of_what_is_not_there():
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency_proof(LEAVES, 9)
