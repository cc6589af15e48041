#!/usr/bin/env python3
"""Write the two vocabularies of OpenAI's Whisper as pairs: `make_vocabulary.py ASSETS OUT`.

ASSETS is `whisper/assets` of the package openai-whisper (MIT; from version 20250625), with gpt2.tiktoken and multilingual.tiktoken.
Every token but the first 256, which are single bytes, is two earlier ones joined. So a file is 256 bytes, the single bytes in
their order, and then two 16-bit numbers (little-endian) per token: which two. 0xffff 0xffff is the empty token.
"""
import base64
import struct
import sys


def pair(token, ranks, limit):
    """The two parts that byte pair encoding joined last, with merges earlier than the token itself."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        rank, at = min((ranks.get(parts[i] + parts[i + 1], limit), i) for i in range(len(parts) - 1))
        if rank >= limit:
            raise SystemExit(f"{token!r} is not two earlier tokens")
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    return ranks[parts[0]], ranks[parts[1]]


def main():
    assets, out = sys.argv[1:]
    for source, name in [("gpt2", "english"), ("multilingual", "multilingual")]:
        tokens = []
        for line in open(f"{assets}/{source}.tiktoken", "rb"):
            text, rank = line.split() if not line.startswith(b"=") else (b"", line.split()[1])
            assert int(rank) == len(tokens)
            tokens.append(base64.b64decode(text))
        ranks = {token: rank for rank, token in enumerate(tokens)}
        with open(f"{out}/{name}.pairs", "wb") as file:
            file.write(b"".join(tokens[:256]))
            for rank, token in enumerate(tokens[256:], 256):
                file.write(struct.pack("<HH", *(pair(token, ranks, rank) if token else (0xFFFF, 0xFFFF))))


if __name__ == "__main__":
    main()
