"""Writes silero-test.txt: what the reference implementation, the Python package silero-vad, says of its own test recording.

    pip install silero-vad==6.2.3
    python silero_test.py

Nothing of it is ours but the reading of the WAV file: the package loads the model it takes unless told otherwise (TorchScript,
none of the ONNX files) and goes through the frames, 512 samples each. A line a frame.
"""
import wave
from pathlib import Path

import numpy as np
import torch
from silero_vad import load_silero_vad

HERE = Path(__file__).resolve().parent
RECORDING = HERE / "../../../../fixtures/voice/silero-test.wav"


def main():
    with wave.open(str(RECORDING)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16_000, 1, 2)
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    sound = torch.from_numpy(samples.astype(np.float32) / 32_768.0)
    with torch.no_grad():
        probabilities = load_silero_vad().audio_forward(sound, sr=16_000)[0]
    (HERE / "silero-test.txt").write_text("".join(f"{p:.6f}\n" for p in probabilities.tolist()))


main()
