"""Train on a CPU in bfloat16: two to three times as fast where the processor has AMX or AVX512-BF16.

ultralytics knows mixed precision on GPUs only. Here the forward pass runs under autocast with channels last, and
what it returns goes to the loss in float32, because a box decoded in 8 bits of mantissa is off by pixels.
"""

import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel


class Bfloat16Model(DetectionModel):
    """A detection model that trains under autocast and validates in float32."""

    def predict(self, x, *args, **kwargs):
        """Run the network on x (batch, 3, height, width)."""
        x = x.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            return _float32(super().predict(x, *args, **kwargs))


class CpuTrainer(DetectionTrainer):
    """Trains a `Bfloat16Model`, and leaves plain ultralytics models in its checkpoints."""

    def get_model(self, cfg=None, weights=None, verbose=True):
        """Return the network with channels last."""
        model = Bfloat16Model(cfg, nc=self.data["nc"], ch=self.data["channels"], verbose=verbose)
        if weights:
            model.load(weights)
        return model.to(memory_format=torch.channels_last)

    def save_model(self):
        """Write last.pt and best.pt so that they load without this module."""
        ema = self.ema.ema
        ema.__class__ = DetectionModel
        try:
            super().save_model()
        finally:
            ema.__class__ = Bfloat16Model


def _float32(value):
    if isinstance(value, torch.Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: _float32(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_float32(item) for item in value)
    return value
