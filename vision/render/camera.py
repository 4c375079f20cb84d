"""A phone before the shelf: where it stands, its light, its noise; and where boxes land in its photo."""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.photo import Pixels

Matrix = NDArray[np.float64]


class View(msgspec.Struct, frozen=True):
    """One shot. Angles in degrees; `fill` is the share of the frame's width that the shelf takes."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fill: float = 0.94
    shift_x: float = 0.0  # shares of the frame
    shift_y: float = 0.0
    light: float = 1.0
    warmth: float = 0.0  # -1 bluish .. 1 yellowish
    slope: float = 0.0  # light falling off to one side, -1..1
    blur: float = 0.5  # pixels
    noise: float = 2.5  # grey levels
    grain: int = 0  # seed of the noise


def random_view(rng: np.random.Generator, boldness: float = 1.0) -> View:
    """Draw a view as a hand would choose it; larger `boldness`, more extreme."""
    angles = rng.normal(0, 1, 3).clip(-2, 2)
    return View(
        yaw=float(angles[0] * 7 * boldness),
        pitch=float(angles[1] * 3 * boldness),
        roll=float(angles[2] * 0.9 * boldness),
        fill=float(rng.uniform(0.9, 0.9 + 0.12 * boldness)),
        shift_x=float(rng.uniform(-0.02, 0.02) * boldness),
        shift_y=float(rng.uniform(-0.03, 0.03) * boldness),
        light=float(rng.uniform(0.85, 1.12)),
        warmth=float(rng.uniform(-0.6, 0.8)),
        slope=float(rng.uniform(-0.6, 0.6)),
        blur=float(rng.uniform(0.35, 0.5 + 0.4 * boldness)),
        noise=float(rng.uniform(1.5, 2.5 + 2.5 * boldness)),
        grain=int(rng.integers(2**31)),
    )


def projection(view: View, shelf: Box, size: tuple[int, int]) -> Matrix:
    """Return the 3x3 matrix from flat-scene pixels to photo pixels of `size` (width, height)."""
    x0, y0, x1, y1 = shelf
    width, height = size
    flat = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)
    centred = (flat - flat.mean(axis=0)) / (x1 - x0)
    points = np.column_stack([centred, np.zeros(4)]) @ _rotation(view).T
    away = 1.6  # camera's distance in shelf widths
    seen = points[:, :2] * (away / (away + points[:, 2:]))
    spread = seen.max(axis=0) - seen.min(axis=0)
    zoom = min(view.fill * width / spread[0], view.fill * 0.9 * height / spread[1])
    middle = np.array([width * (0.5 + view.shift_x), height * (0.5 + view.shift_y)])
    target = (seen - (seen.max(axis=0) + seen.min(axis=0)) / 2) * zoom + middle
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), target.astype(np.float32))
    return np.asarray(matrix, dtype=np.float64)


def shoot(scene: Pixels, matrix: Matrix, view: View, size: tuple[int, int]) -> Pixels:
    """Take the photo: projection, light, lens and sensor; uint8 (h, w, 3) RGB."""
    reach = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))  # scene is larger than the photo: soften first
    soft = cv2.GaussianBlur(scene, (0, 0), max(0.3, 0.42 / reach)) if reach < 0.95 else scene
    photo = cv2.warpPerspective(soft, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lit = photo.astype(np.float32) * _light(view, size)
    if view.blur > 0:
        lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), view.blur), dtype=np.float32)
    grain = np.random.default_rng(view.grain).normal(0, view.noise, (size[1], size[0], 1))
    return np.asarray((lit + grain).clip(0, 255), dtype=np.uint8)


def land(box: Box, matrix: Matrix, size: tuple[int, int]) -> Box | None:
    """Return where a flat box lands in the photo; None where less than 60 % of it is in the frame."""
    x0, y0, x1, y1 = box
    corners = np.array([[[x0, y0]], [[x1, y0]], [[x1, y1]], [[x0, y1]]], dtype=np.float32)
    seen = cv2.perspectiveTransform(corners, matrix)[:, 0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    inside_low, inside_high = low.clip(0), np.minimum(high, size)
    if (inside_high <= inside_low).any() or np.prod(inside_high - inside_low) < 0.6 * np.prod(high - low):
        return None
    left, top, right, bottom = (round(float(value)) for value in (*inside_low, *inside_high))
    return left, top, right, bottom


def _rotation(view: View) -> Matrix:
    yaw, pitch, roll = np.radians([view.yaw, view.pitch, view.roll])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn, dtype=np.float64)


def _light(view: View, size: tuple[int, int]) -> NDArray[np.float32]:
    """Light over the frame (h, w, 3): brightness, fall-off to one side and the corners, colour of the lamps."""
    across = np.linspace(-1, 1, size[0])[None, :]
    down = np.linspace(-1, 1, size[1])[:, None]
    field = view.light * (1 + 0.14 * view.slope * across - 0.06 * down) * (1 - 0.07 * (across**2 + down**2))
    tint = np.array([1 + 0.05 * view.warmth, 1.0, 1 - 0.08 * view.warmth])
    return np.asarray(field[..., None] * tint, dtype=np.float32)
