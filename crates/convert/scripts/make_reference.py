#!/usr/bin/env python3
"""Write the small random checkpoints of the tests, and what they must become: `make_reference.py OUT`.

Needs numpy, safetensors and torch. The conversion here shares nothing with the one in Rust: it loops where that one streams, and it
is written after whisper.cpp's model loader and ggml's blocks. OUT gets

  hf/                      a folder of Hugging Face: two encoder layers, one decoder layer, two parts; matrices in bf16 and f16, vectors in f32
  openai.pt                a checkpoint as openai-whisper's, written by torch.save
  reference-f32.bin.gz     hf/ as a ggml file
  reference-f16.bin.gz
  reference.json           for each kind, the file's SHA-256 and what its tensors lost; and the SHA-256 of each tensor of openai.pt in f16
"""
import gzip
import hashlib
import json
import os
import struct
import sys

import numpy as np
import torch
from safetensors.torch import save_file

WIDTH, HEADS, ENCODER, DECODER, MELS, AUDIO, TEXT = 32, 2, 2, 1, 80, 20, 12
MERGES = ["\u0120 t", "h e", "\u0120t he"]
F32 = {"encoder.positional_embedding", "decoder.positional_embedding", "encoder.conv1.bias", "encoder.conv2.bias"}
KINDS = {"f32": (0, 0), "f16": (1, 1), "q4_0": (2002, 2), "q8_0": (2007, 8), "q5_0": (2008, 6), "q5_1": (2009, 7)}


def shapes(vocabulary, encoder, decoder):
    """Names and sizes as OpenAI has them, with Hugging Face's names, in Hugging Face's order."""
    out = []

    def linear(ours, theirs, rows, columns, bias=True):
        out.append((ours + ".weight", theirs + ".weight", (rows, columns)))
        if bias:
            out.append((ours + ".bias", theirs + ".bias", (rows,)))

    def norm(ours, theirs):
        out.append((ours + ".weight", theirs + ".weight", (WIDTH,)))
        out.append((ours + ".bias", theirs + ".bias", (WIDTH,)))

    def block(side, at):
        ours, theirs = f"{side}.blocks.{at}.", f"model.{side}.layers.{at}."
        for attn, their in [("attn", "self_attn")] + ([("cross_attn", "encoder_attn")] if side == "decoder" else []):
            linear(ours + attn + ".key", theirs + their + ".k_proj", WIDTH, WIDTH, bias=False)
            for one, other in [("value", "v_proj"), ("query", "q_proj"), ("out", "out_proj")]:
                linear(f"{ours}{attn}.{one}", f"{theirs}{their}.{other}", WIDTH, WIDTH)
            norm(ours + attn + "_ln", theirs + their + "_layer_norm")
        linear(ours + "mlp.0", theirs + "fc1", 4 * WIDTH, WIDTH)
        linear(ours + "mlp.2", theirs + "fc2", WIDTH, 4 * WIDTH)
        norm(ours + "mlp_ln", theirs + "final_layer_norm")

    for conv, channels in [("conv1", MELS), ("conv2", WIDTH)]:
        out.append((f"encoder.{conv}.weight", f"model.encoder.{conv}.weight", (WIDTH, channels, 3)))
        out.append((f"encoder.{conv}.bias", f"model.encoder.{conv}.bias", (WIDTH,)))
    out.append(("encoder.positional_embedding", "model.encoder.embed_positions.weight", (AUDIO, WIDTH)))
    for at in range(encoder):
        block("encoder", at)
    norm("encoder.ln_post", "model.encoder.layer_norm")
    out.append(("decoder.token_embedding.weight", "model.decoder.embed_tokens.weight", (vocabulary, WIDTH)))
    out.append(("decoder.positional_embedding", "model.decoder.embed_positions.weight", (TEXT, WIDTH)))
    for at in range(decoder):
        block("decoder", at)
    norm("decoder.ln", "model.decoder.layer_norm")
    return out


def mel_filters(bands):
    """Slaney's triangles, in librosa's steps."""
    per_mel, step = 200.0 / 3, np.log(6.4) / 27.0
    start = 1000.0 / per_mel
    mels = np.linspace(0.0, start + np.log(8.0) / step, bands + 2)
    hertz = np.where(mels < start, per_mel * mels, 1000.0 * np.exp(step * (mels - start)))
    ramps = np.subtract.outer(hertz, np.linspace(0.0, 8000.0, 201))
    width = np.diff(hertz)
    out = np.zeros((bands, 201), dtype=np.float32)
    for at in range(bands):
        out[at] = np.maximum(0, np.minimum(-ramps[at] / width[at], ramps[at + 2] / width[at + 1]))
    out *= (2.0 / (hertz[2:] - hertz[:-2]))[:, None]
    return out


def blocks(kind, values):
    """ggml's blocks of 32: the bytes, and the numbers that they stand for."""
    one = np.float32
    x = values.astype(np.float32).reshape(-1, 32)
    half = lambda v: v.astype(np.float16)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "q8_0":
            scale = np.abs(x).max(1) / one(127)
        elif kind == "q5_1":
            low = x.min(1)
            scale = (x.max(1) - low) / one(31)
        else:
            most = x[np.arange(len(x)), np.abs(x).argmax(1)]
            scale = most / one(-16 if kind == "q5_0" else -8)
        inverse = np.where(scale == 0, one(0), one(1) / scale).astype(np.float32)[:, None]
    kept = half(scale)[:, None].astype(np.float32)
    head = half(scale)[:, None].view(np.uint8)
    if kind == "q8_0":
        y = x * inverse
        q = (np.sign(y) * np.floor(np.abs(y).astype(np.float64) + 0.5)).astype(np.int8)
        return np.concatenate([head, q.view(np.uint8)], 1).tobytes(), q * kept
    if kind == "q5_1":
        q = ((x - low[:, None]) * inverse + one(0.5)).astype(np.uint8)
        head = np.concatenate([head, half(low)[:, None].view(np.uint8)], 1)
        stands = q * kept + half(low)[:, None].astype(np.float32)
    else:
        top = 31 if kind == "q5_0" else 15
        q = np.minimum(top, (x * inverse + one((top + 1) / 2 + 0.5)).astype(np.int8)).astype(np.uint8)
        stands = (q.astype(np.float32) - (top + 1) / 2).astype(np.float32) * kept
    if kind != "q4_0":
        bits = np.packbits(q >> 4, axis=1, bitorder="little")
        head = np.concatenate([head, bits], 1)
    return np.concatenate([head, (q[:, :16] & 15) | (q[:, 16:] & 15) << 4], 1).astype(np.uint8).tobytes(), stands


def ggml(kind, header, tokens, tensors):
    """The file, the SHA-256 of each tensor's bytes, and each tensor's relative error."""
    ftype, matrices = KINDS[kind]
    mel = mel_filters(header[-1])
    out = [struct.pack("<12i", 0x67676D6C, *header, ftype), struct.pack("<2i", *mel.shape), mel.astype("<f4").tobytes()]
    out.append(struct.pack("<i", len(tokens)))
    out += [struct.pack("<i", len(token)) + token for token in tokens]
    sums, errors = {}, {}
    for name, value in tensors:
        value = value.astype(np.float32)
        dims = value.shape + (1,) if name in F32 and name.endswith("bias") else value.shape
        if len(dims) < 2 or name in F32 or kind == "f32":
            number, data, stands = 0, value.astype("<f4").tobytes(), value
        elif len(dims) == 3 or kind == "f16":
            number, data, stands = 1, value.astype("<f2").tobytes(), value.astype(np.float16)
        else:
            number, (data, stands) = matrices, blocks(kind, value)
        lost = (stands.astype(np.float64).reshape(-1) - value.astype(np.float64).reshape(-1))
        if lost.any():
            errors[name] = float(np.sqrt((lost ** 2).sum() / (value.astype(np.float64) ** 2).sum()))
        sums[name] = hashlib.sha256(data).hexdigest()
        out.append(struct.pack(f"<3i{len(dims)}i", len(dims), len(name), number, *reversed(dims)) + name.encode() + data)
    return b"".join(out), sums, errors


def shown():
    """The letter that stands for each byte in GPT-2's vocabularies, and the bytes in the vocabulary's order."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in keep]
    return {**{b: chr(b) for b in keep}, **{b: chr(256 + i) for i, b in enumerate(rest)}}, keep + rest


def main():
    out = sys.argv[1]
    os.makedirs(f"{out}/hf", exist_ok=True)
    rng = np.random.default_rng(7)
    letters, order = shown()
    byte_of = {letter: byte for byte, letter in letters.items()}
    vocab = [letters[byte] for byte in order] + [merge.replace(" ", "") for merge in MERGES]
    end = len(vocab)
    specials = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|notimestamps|>"]
    size = end + len(specials)

    state, tensors = {}, []
    for ours, theirs, dims in shapes(size, ENCODER, DECODER):
        value = torch.from_numpy((rng.standard_normal(dims) * 0.1).astype(np.float32))
        if len(dims) > 1:
            value = value.to(torch.bfloat16 if "layers" in theirs else torch.float16)
        state[theirs] = value
        tensors.append((ours, value.float().numpy()))
    parts = [{}, {}]
    for name, value in state.items():
        parts["decoder" in name][name] = value
    names = [f"model-{at}-of-00002.safetensors" for at in ("00001", "00002")]
    for part, name in zip(parts, names):
        save_file(part, f"{out}/hf/{name}", metadata={"format": "pt"})

    def put(name, value):
        with open(f"{out}/hf/{name}", "w", encoding="utf8") as file:
            json.dump(value, file, ensure_ascii=False, indent=1)
            file.write("\n")

    put("model.safetensors.index.json", {"metadata": {}, "weight_map": {n: f for p, f in zip(parts, names) for n in p}})
    put("vocab.json", {token: at for at, token in enumerate(vocab)})
    put("added_tokens.json", {token: end + at for at, token in enumerate(specials)})
    put("config.json", dict(
        model_type="whisper", vocab_size=size, num_mel_bins=MELS, d_model=WIDTH, encoder_layers=ENCODER, encoder_attention_heads=HEADS,
        decoder_layers=DECODER, decoder_attention_heads=HEADS, encoder_ffn_dim=4 * WIDTH, decoder_ffn_dim=4 * WIDTH,
        max_source_positions=AUDIO, max_target_positions=TEXT, max_length=6, activation_function="gelu", scale_embedding=False,
        eos_token_id=end))

    header = [size, AUDIO, WIDTH, HEADS, ENCODER, TEXT, WIDTH, HEADS, DECODER, MELS]
    tokens = [bytes(byte_of[letter] for letter in token) for token in vocab]
    reference = {}
    for kind in KINDS:
        file, _, errors = ggml(kind, header, tokens, tensors)
        reference[kind] = dict(sha256=hashlib.sha256(file).hexdigest(), bytes=len(file), errors=errors)
        if kind in ("f32", "f16"):
            with open(f"{out}/reference-{kind}.bin.gz", "wb") as packed:
                packed.write(gzip.compress(file, 9, mtime=0))

    # openai.pt: in OpenAI's order, all in 16 bits, with a vocabulary that the file itself doesn't have.
    few = 24
    values = {ours: torch.from_numpy((rng.standard_normal(dims) * 0.1).astype(np.float16)) for ours, _, dims in shapes(few, 1, 1)}
    ordered = sorted(values, key=lambda name: (name.startswith("decoder"), "positional" not in name, name))
    dims = dict(n_mels=MELS, n_vocab=few, n_audio_ctx=AUDIO, n_audio_state=WIDTH, n_audio_head=HEADS, n_audio_layer=1, n_text_ctx=TEXT,
                n_text_state=WIDTH, n_text_head=HEADS, n_text_layer=1)
    torch.save({"dims": dims, "model_state_dict": {name: values[name] for name in ordered}}, f"{out}/openai.pt")
    header = [few, AUDIO, WIDTH, HEADS, 1, TEXT, WIDTH, HEADS, 1, MELS]
    _, sums, _ = ggml("f16", header, [], [(name, values[name].numpy()) for name in ordered])
    reference["openai"] = dict(tensors=sums, order=ordered)
    with open(f"{out}/reference.json", "w") as file:
        json.dump(reference, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
