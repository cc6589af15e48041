"""faster-whisper over a list of files; started by `cargo xtask compare`.

convert HF OUT QUANTIZATION   a Hugging Face folder of a Whisper model to CTranslate2's own format, as ct2-transformers-converter does,
                              without transformers and torch
transcribe MODEL ...          writes {"texts": [one per file]} to --out
"""
import argparse
import json
import os
import shutil


def convert(a):
    import numpy as np
    from ctranslate2.specs import whisper_spec

    config = json.load(open(os.path.join(a.hf, "config.json")))
    weights = read_safetensors(os.path.join(a.hf, "model.safetensors"))
    weights = {name.removeprefix("model."): x.astype(np.float32) for name, x in weights.items()}
    spec = whisper_spec.WhisperSpec(config["encoder_layers"], config["encoder_attention_heads"],
                                    config["decoder_layers"], config["decoder_attention_heads"])

    def linear(to, *names):
        to.weight = np.concatenate([weights[n + ".weight"] for n in names])
        # Whisper's keys have no bias.
        to.bias = np.concatenate([weights.get(n + ".bias", np.zeros(weights[n + ".weight"].shape[0], np.float32)) for n in names])

    def norm(to, name):
        to.gamma, to.beta = weights[name + ".weight"], weights[name + ".bias"]

    def layer(to, name, decoder):
        own = f"{name}.self_attn"
        norm(to.self_attention.layer_norm, f"{name}.self_attn_layer_norm")
        linear(to.self_attention.linear[0], f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj")
        linear(to.self_attention.linear[1], f"{own}.out_proj")
        if decoder:
            cross = f"{name}.encoder_attn"
            norm(to.attention.layer_norm, f"{name}.encoder_attn_layer_norm")
            linear(to.attention.linear[0], f"{cross}.q_proj")
            linear(to.attention.linear[1], f"{cross}.k_proj", f"{cross}.v_proj")
            linear(to.attention.linear[2], f"{cross}.out_proj")
        norm(to.ffn.layer_norm, f"{name}.final_layer_norm")
        linear(to.ffn.linear_0, f"{name}.fc1")
        linear(to.ffn.linear_1, f"{name}.fc2")

    for side, part in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        part.position_encodings.encodings = weights[f"{side}.embed_positions.weight"]
        norm(part.layer_norm, f"{side}.layer_norm")
        for number, to in enumerate(part.layer):
            layer(to, f"{side}.layers.{number}", side == "decoder")
    for conv in ("conv1", "conv2"):
        to = getattr(spec.encoder, conv)
        to.weight, to.bias = weights[f"encoder.{conv}.weight"], weights[f"encoder.{conv}.bias"]
    embedding = weights["decoder.embed_tokens.weight"]
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = weights.get("proj_out.weight", embedding)

    generation = json.load(open(os.path.join(a.hf, "generation_config.json")))
    layers, heads = config["decoder_layers"], config["decoder_attention_heads"]
    spec.config.suppress_ids = generation.get("suppress_tokens") or []
    spec.config.suppress_ids_begin = generation.get("begin_suppress_tokens") or []
    spec.config.alignment_heads = generation.get("alignment_heads") or [
        (number, head) for number in range(layers // 2, layers) for head in range(heads)]
    spec.config.lang_ids = sorted(generation.get("lang_to_id", {}).values())

    tokenizer = json.load(open(os.path.join(a.hf, "tokenizer.json")))
    tokens = dict(tokenizer["model"]["vocab"])
    tokens.update({t["content"]: t["id"] for t in tokenizer["added_tokens"]})
    names = [""] * len(embedding)
    for token, number in tokens.items():
        names[number] = token
    spec.register_vocabulary(names)

    spec.validate()
    spec.optimize(quantization=a.quantization)
    os.makedirs(a.out, exist_ok=True)
    spec.save(a.out)
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(os.path.join(a.hf, name), a.out)


def read_safetensors(path):
    import numpy as np
    kinds = {"F16": np.float16, "F32": np.float32}
    with open(path, "rb") as f:
        heads = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    heads.pop("__metadata__", None)
    return {name: np.frombuffer(data[slice(*h["data_offsets"])], kinds[h["dtype"]]).reshape(h["shape"])
            for name, h in heads.items()}


def transcribe(a):
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(a.model, device="cpu", compute_type=a.compute_type, cpu_threads=a.threads)
    options = dict(language="en", beam_size=a.beam_size)
    if a.greedy:
        options |= dict(beam_size=1, temperature=0.0, condition_on_previous_text=False)
    if a.batch_size:
        # It finds speech by itself.
        model = BatchedInferencePipeline(model=model)
        options |= dict(batch_size=a.batch_size)
    else:
        options |= dict(vad_filter=True)
    texts = []
    for path in a.files:
        segments, _ = model.transcribe(path, **options)
        texts.append("".join(segment.text for segment in segments))
    json.dump({"texts": texts}, open(a.out, "w"))


def main():
    ap = argparse.ArgumentParser()
    commands = ap.add_subparsers(required=True)
    c = commands.add_parser("convert")
    c.add_argument("hf")
    c.add_argument("out")
    c.add_argument("quantization")
    c.set_defaults(run=convert)
    t = commands.add_parser("transcribe")
    t.add_argument("model")
    t.add_argument("files", nargs="+")
    t.add_argument("--out", required=True)
    t.add_argument("--compute-type", required=True)
    t.add_argument("--threads", type=int, required=True)
    t.add_argument("--beam-size", type=int, default=5)
    t.add_argument("--batch-size", type=int, default=0)
    t.add_argument("--greedy", action="store_true")
    t.set_defaults(run=transcribe)
    a = ap.parse_args()
    a.run(a)


main()
