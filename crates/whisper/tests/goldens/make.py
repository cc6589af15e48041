#!/usr/bin/env python3
"""Writes goldens.json: what openai-whisper, in f32, makes of windows of the fixtures.

    pip install torch openai-whisper
    python make.py ../../../../fixtures goldens.json

The weights are the dequantised ones of models/fixture-q8.bin, so the model in the tree is enough to repeat it.
"""
import json
import struct
import subprocess
import sys

import numpy as np
import torch
import whisper
from whisper.decoding import BeamSearchDecoder, DecodingOptions, GreedyDecoder, decode
from whisper.timing import find_alignment
from whisper.tokenizer import get_tokenizer

BLOCK = np.dtype([("scale", "<f2"), ("numbers", "i1", 32)])


def load(path):
    """A model out of a ggml file with f32, f16 and q8_0 tensors."""
    data = open(path, "rb").read()
    head = struct.unpack_from("<12i", data, 0)
    names = ["n_vocab", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer", "n_text_ctx", "n_text_state",
             "n_text_head", "n_text_layer", "n_mels"]
    at = 48
    bands, bins = struct.unpack_from("<2i", data, at)
    at += 8 + 4 * bands * bins
    (words,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(words):
        at += 4 + struct.unpack_from("<i", data, at)[0]
    state = {}
    while at < len(data):
        dims, name_len, kind = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{dims}i", data, at + 12)[::-1]
        at += 12 + 4 * dims
        name = data[at:at + name_len].decode()
        at += name_len
        count = int(np.prod(shape))
        if kind == 8:
            blocks = np.frombuffer(data, BLOCK, count // 32, at)
            x = blocks["scale"].astype(np.float32)[:, None] * blocks["numbers"].astype(np.float32)
            at += count // 32 * 34
        else:
            x = np.frombuffer(data, ["<f4", "<f2"][kind], count, at).astype(np.float32)
            at += count * (4, 2)[kind]
        x = x.reshape(shape)
        state[name] = torch.from_numpy(x.reshape(-1) if name in ("encoder.conv1.bias", "encoder.conv2.bias") else x.copy())
    model = whisper.model.Whisper(whisper.model.ModelDimensions(n_mels=head[10], **{k: v for k, v in zip(names[:9], head[1:10])}))
    model.load_state_dict(state)
    return model.eval()


def noise(seed, length, loudness):
    """xorshift64*, as the test has it."""
    out = np.empty(length, np.float32)
    mask = (1 << 64) - 1
    for i in range(length):
        seed ^= seed >> 12
        seed = (seed ^ (seed << 25)) & mask
        seed ^= seed >> 27
        number = (seed * 0x2545F4914F6CDD1D) & mask
        out[i] = np.float32(np.float32((number >> 40) / (1 << 23)) - np.float32(1)) * np.float32(loudness)
    return out


def windows():
    """Speech cut anywhere, of every length; noise and silence."""
    rate = 16_000
    for source in ("standup.mic", "standup.loopback", "call.mic", "call.loopback"):
        for at, length in ((0, 480_000), (31 * rate + 77, 480_000), (62 * rate + 4_321, 400_001), (88 * rate, 250_007),
                           (103 * rate + 555, 480_000), (120 * rate + 9_000, 480_000), (4 * rate, 3 * rate), (14 * rate + 7_001, 5 * rate),
                           (20 * rate, 8 * rate + 3), (40 * rate, 12 * rate + 1), (52 * rate + 160, 160 * 77), (135 * rate, 240_000)):
            yield source, at, length
    yield "silence", 0, 480_000
    yield "silence", 0, 12_345
    yield "noise", 3, 160_000
    yield "noise", 5, 480_000


def samples(fixtures, source, at, length):
    if source == "silence":
        return np.zeros(length, np.float32)
    if source == "noise":
        return noise(at, length, 0.05)
    unpack = ["ffmpeg", "-v", "error", "-i", f"{fixtures}/days/{source}.flac", "-f", "s16le", "-"]
    sound = np.frombuffer(subprocess.run(unpack, capture_output=True, check=True).stdout, "<i2")
    return sound[at : at + length].astype(np.float32) / 32_768


gaps = []


def watch(decoder):
    """Notes the distance of the two best tokens at each step."""
    update = decoder.update

    def watched(self, tokens, logits, sum_logprobs):
        best = logits.topk(2).values
        gaps.append(float((best[:, 0] - best[:, 1]).min()))
        return update(self, tokens, logits, sum_logprobs)

    decoder.update = watched


def result(model, mel, features, **options):
    gaps.clear()
    got = decode(model, features, DecodingOptions(language="en", fp16=False, **options))
    close = [[i, round(gap, 5)] for i, gap in enumerate(gaps) if gap < 0.05]
    return {"tokens": got.tokens, "mean_logprob": round(got.avg_logprob, 5), "no_speech": round(got.no_speech_prob, 6), "close": close}


@torch.no_grad()
def main():
    fixtures, out = sys.argv[1:3]
    model = load(f"{fixtures}/models/fixture-q8.bin")
    tokenizer = get_tokenizer(False)
    watch(GreedyDecoder)
    watch(BeamSearchDecoder)
    cases = []
    for source, at, length in windows():
        sound = whisper.pad_or_trim(torch.from_numpy(samples(fixtures, source, at, length)))
        mel = whisper.log_mel_spectrogram(sound, model.dims.n_mels)
        features = model.encoder(mel[None])[0]
        logits = model.decoder(torch.tensor([[tokenizer.sot, tokenizer.no_timestamps]]), features[None])[0]
        plain = result(model, mel, features, without_timestamps=True)
        words = find_alignment(model, tokenizer, [t for t in plain["tokens"] if t < tokenizer.eot], mel, length // 160)
        cases.append({
            "source": source, "at": at, "length": length,
            "mel": [round(float(x), 6) for x in mel[::13, ::211].flatten()],
            "features": [round(float(x), 5) for x in features[::307, ::11].flatten()],
            "logits": [round(float(x), 4) for x in logits[:, ::2111].flatten()],
            "plain": plain,
            "timed": result(model, mel, features),
            "beam": result(model, mel, features, without_timestamps=True, beam_size=5),
            "words": [[w.word, round(float(w.start), 2), round(float(w.end), 2)] for w in words],
        })
        print(source, at, length, tokenizer.decode(plain["tokens"])[:100], flush=True)
    suppressed = list(tokenizer.non_speech_tokens)
    texts = [
        " Phoenix isn't 1,234 late—ok?  Two  spaces\n",
        "naïve Übermäßig 今天 ♪ x",
        " हिन्दी में बोलो, ठीक है",
        " ภาษาไทยที่นี่ ไม่มีช่องว่าง",
        "தமிழ் বাংলা ქართული",
        " cafe\u0301 e\u0301te\u0301 ⓐⒷ Ⅻ ½ ²",
        " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \t\u00a0 \u3000x",
        "ʰˀ ª º \u0345 שָׁלוֹם مُدَّة",
    ]
    encoded = [[text, tokenizer.encode(text)] for text in texts]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    with open(out, "w") as file:
        file.write(f'{{"non_speech":{json.dumps(suppressed)},\n"encoded":{json.dumps(encoded, ensure_ascii=False)},\n"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
