"""Promotion material on photos: found where it hangs, refused where it cannot be, honest where it cannot tell."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.unit.vision.bad_photos import encoded
from vision.errors import PhotoError
from vision.photo import Photo, Pixels, open_photo
from vision.promo import EXTRACTOR, ArtworkIndex, Look, Sighting, look, make, pack, unpack
from vision.promo.geometry import overlap, plausible, turn_of
from vision.promo.guard import make_guarded
from vision.promo.render import Hanging, hang, render_artwork
from vision.render import render_shelf
from workflows.campaigns.policy import SURE

UPRIGHT = np.array([[420, 300], [800, 320], [790, 830], [410, 800]], dtype=np.float32)
NEAR = np.array([[300, 60], [1140, 70], [1130, 1170], [290, 1160]], dtype=np.float32)
BESIDE = np.array([[950, 250], [1250, 260], [1245, 660], [945, 650]], dtype=np.float32)
POSTER, OTHER_EDITION = render_artwork(301, 0), render_artwork(301, 1)


def photo_of(pixels: Pixels) -> Photo:
    return Photo(pixels, pixels.shape[1], pixels.shape[0], "image/jpeg", "made up")


@pytest.fixture(scope="module")
def shelf() -> Pixels:
    return open_photo(render_shelf(31).jpeg).pixels


@pytest.fixture(scope="module")
def index() -> ArtworkIndex:
    pieces = {"poster": POSTER, "other edition": OTHER_EDITION}
    pieces |= {f"wobbler {seed}": render_artwork(seed, 0, "wobbler") for seed in (302, 303)}
    return ArtworkIndex({key: make(photo_of(pixels)) for key, pixels in pieces.items()})


def seen_in(look_: Look, key: str) -> Sighting:
    return next(one for one in look_.sightings if one.artwork == key)


def found_in(look_: Look) -> set[str]:
    return {one.artwork for one in look_.sightings if one.found}


def test_a_poster_is_found_where_it_hangs(shelf: Pixels, index: ArtworkIndex) -> None:
    seen = look(photo_of(hang(shelf, POSTER, Hanging(UPRIGHT, light=0.8, blur=0.6, bend=0.006))), index)
    assert found_in(seen) == {"poster"}
    poster = seen_in(seen, "poster")
    assert poster.corners is not None
    assert np.abs(np.array(poster.corners) - UPRIGHT).max() < 10
    assert poster.visible > 0.9
    assert poster.score > 0.9
    assert poster.upright
    assert poster.rivals == ()


def test_the_other_edition_is_told_apart(shelf: Pixels, index: ArtworkIndex) -> None:
    assert found_in(look(photo_of(hang(shelf, OTHER_EDITION, Hanging(UPRIGHT))), index)) == {"other edition"}


def test_where_the_difference_is_hidden_it_says_unsure(shelf: Pixels, index: ArtworkIndex) -> None:
    """Price and dates stand in the lower half."""
    seen = look(photo_of(hang(shelf, POSTER, Hanging(UPRIGHT, covers=((0.0, 0.55, 1.0, 1.0),)))), index)
    assert found_in(seen) == {"poster", "other edition"}
    assert seen_in(seen, "poster").rivals == ("other edition",)
    assert seen_in(seen, "other edition").rivals == ("poster",)
    assert seen_in(seen, "poster").score < 0.8


def test_a_bare_shelf_shows_nothing(shelf: Pixels, index: ArtworkIndex) -> None:
    seen = look(photo_of(shelf), index)
    assert found_in(seen) == set()
    assert seen.telling


@pytest.mark.parametrize("hidden", [0.3, 0.5])
def test_what_hides_it_is_measured(shelf: Pixels, hidden: float) -> None:
    index = ArtworkIndex({"poster": make(photo_of(POSTER))})
    seen = look(photo_of(hang(shelf, POSTER, Hanging(UPRIGHT, covers=((0.0, 0.0, hidden, 1.0),)))), index)
    assert seen_in(seen, "poster").found
    assert seen_in(seen, "poster").visible == pytest.approx(1 - hidden, abs=0.14)


@pytest.mark.parametrize(("steps", "angle"), [(0, 0), (1, 90), (2, 180), (3, -90)])
def test_a_turned_one_is_found_and_its_angle_told(shelf: Pixels, steps: int, angle: int) -> None:
    square = np.array([[500, 300], [900, 300], [900, 700], [500, 700]], dtype=np.float32)
    wobbler = render_artwork(303, 0, "wobbler")
    index = ArtworkIndex({"wobbler": make(photo_of(wobbler))})
    seen = seen_in(look(photo_of(hang(shelf, wobbler, Hanging(np.roll(square, -steps, axis=0)))), index), "wobbler")
    assert seen.found
    assert seen.angle is not None
    assert abs((seen.angle - angle + 180) % 360 - 180) < 4
    assert seen.upright == (steps == 0)


def test_a_mirrored_one_is_not_this_artwork(shelf: Pixels, index: ArtworkIndex) -> None:
    mirrored = np.ascontiguousarray(hang(shelf, POSTER, Hanging(UPRIGHT))[:, ::-1])
    assert "poster" not in found_in(look(photo_of(mirrored), index))


def test_a_picture_that_two_pieces_share_is_not_the_other_piece(shelf: Pixels) -> None:
    """These two show the same product, and the poster hangs so near that a hundred of its features agree."""
    poster, strip = render_artwork(70001), render_artwork(70005, 0, "shelf_strip")
    photo = photo_of(hang(shelf, poster, Hanging(NEAR)))
    both = ArtworkIndex({"poster": make(photo_of(poster)), "strip": make(photo_of(strip))})
    assert found_in(look(photo, both)) == {"poster"}
    alone = look(photo, ArtworkIndex({"strip": make(photo_of(strip))}))
    assert seen_in(alone, "strip").score < SURE, "what nobody uploaded may hang there: a person decides"


def test_one_that_is_nearly_all_hidden_is_found_but_not_surely(shelf: Pixels) -> None:
    poster = render_artwork(400)
    index = ArtworkIndex({"poster": make(photo_of(poster))})
    hidden = photo_of(hang(shelf, poster, Hanging(NEAR, covers=((0.0, 0.34, 1.0, 1.0),))))
    seen = seen_in(look(hidden, index), "poster")
    assert seen.found
    assert seen.visible < 0.5
    assert seen.score < SURE


def test_several_copies_are_several_places(shelf: Pixels, index: ArtworkIndex) -> None:
    both = hang(hang(shelf, POSTER, Hanging(UPRIGHT)), POSTER, Hanging(BESIDE))
    poster = seen_in(look(photo_of(both), index), "poster")
    assert len(poster.copies) == 2
    for place in (UPRIGHT, BESIDE):
        assert max(overlap(np.array(copy.corners, dtype=np.float32), place) for copy in poster.copies) > 0.9


def test_half_out_of_the_photo_is_not_hidden(shelf: Pixels, index: ArtworkIndex) -> None:
    cut = UPRIGHT - np.array([[600, 0]], dtype=np.float32)
    poster = seen_in(look(photo_of(hang(shelf, POSTER, Hanging(cut))), index), "poster")
    assert poster.found
    assert poster.in_frame is not None
    assert poster.in_frame < 0.75
    assert poster.visible == pytest.approx(poster.in_frame, abs=0.1)


def test_corners_are_in_pixels_of_the_full_photo(shelf: Pixels, index: ArtworkIndex) -> None:
    whole = hang(shelf, POSTER, Hanging(UPRIGHT))
    reduced = Photo(whole, 3 * whole.shape[1], 3 * whole.shape[0], "image/jpeg", "made up")
    corners = seen_in(look(reduced, index), "poster").corners
    assert np.abs(np.array(corners) - 3 * UPRIGHT).max() < 30


def test_only_what_was_asked_for_is_looked_for(shelf: Pixels, index: ArtworkIndex) -> None:
    seen = look(photo_of(hang(shelf, POSTER, Hanging(UPRIGHT))), index, among={"wobbler 302"})
    assert [one.artwork for one in seen.sightings] == ["wobbler 302"]
    assert found_in(seen) == set()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1200, 1600, 3), np.uint8),
        np.full((1200, 1600, 3), 255, np.uint8),
        np.random.default_rng(1).integers(0, 255, (600, 800, 3)).astype(np.uint8),
        np.full((3, 3, 3), 90, np.uint8),
        np.tile(np.array([[[0, 0, 0]], [[255, 255, 255]]], np.uint8).repeat(8, 0), (40, 900, 1)),
    ],
    ids=["black", "white", "noise", "three pixels", "stripes"],
)
def test_photos_of_nothing_show_nothing(pixels: Pixels, index: ArtworkIndex) -> None:
    assert found_in(look(photo_of(np.ascontiguousarray(pixels)), index)) == set()


def test_a_photo_without_detail_does_not_tell(index: ArtworkIndex) -> None:
    assert not look(photo_of(np.full((1200, 1600, 3), 90, np.uint8)), index).telling


def test_no_artwork_is_no_trouble(shelf: Pixels) -> None:
    assert look(photo_of(shelf), ArtworkIndex({})).sightings == ()


def test_many_pieces_do_not_hide_the_one_that_hangs(shelf: Pixels) -> None:
    """More than fit one cell of the index."""
    pieces = {f"piece {seed}": make(photo_of(render_artwork(seed))) for seed in range(400, 424)}
    hung = hang(shelf, render_artwork(411), Hanging(UPRIGHT, light=0.85))
    assert found_in(look(photo_of(hung), ArtworkIndex(pieces))) == {"piece 411"}


def plain() -> Pixels:
    return np.full((800, 600, 3), (210, 30, 40), np.uint8)


def in_one_corner() -> Pixels:
    pixels = plain()
    pixels[:200, :150] = render_artwork(5)[300:500, 300:450]
    return pixels


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        (plain(), "artwork.too_plain"),
        (in_one_corner(), "artwork.one_corner"),
        (render_artwork(5)[:100, :400], "artwork.too_small"),
        (np.ascontiguousarray(np.tile(render_artwork(5)[:170, :600], (1, 6, 1))), "artwork.too_long"),
    ],
)
def test_what_could_not_be_recognised_is_refused_with_a_reason(pixels: Pixels, code: str) -> None:
    with pytest.raises(PhotoError) as refused:
        make(photo_of(pixels))
    assert refused.value.code == code
    assert refused.value.detail.zh != refused.value.detail.en


def test_artwork_is_kept_and_comes_back_the_same(shelf: Pixels) -> None:
    made = make(photo_of(POSTER))
    kept = pack(made)
    back = unpack(kept)
    assert len(kept) < 250_000
    assert (back.width, back.height) == (made.width, made.height)
    assert (back.features.looks == made.features.looks).all()
    assert np.abs(back.features.points - made.features.points).max() < 0.05
    seen = look(photo_of(hang(shelf, POSTER, Hanging(UPRIGHT))), ArtworkIndex({"kept": back}))
    assert seen_in(seen, "kept").visible > 0.9


def test_what_another_version_kept_is_not_read() -> None:
    kept = pack(make(photo_of(POSTER)))
    with pytest.raises(ValueError, match="packed by"):
        unpack(kept.replace(EXTRACTOR.encode(), b"sift-0"))
    with pytest.raises(ValueError, match="not packed"):
        unpack(b"\x00nonsense")


def test_transparent_parts_are_not_missed(shelf: Pixels) -> None:
    """A round wobbler on a square file."""
    wobbler = render_artwork(302, 0, "wobbler")
    ys, xs = np.mgrid[:900, :900]
    round_ = ((xs - 450) ** 2 + (ys - 450) ** 2 < 440**2).astype(np.uint8) * 255
    data = encoded(Image.fromarray(np.dstack([wobbler, round_]), "RGBA"), "PNG")
    made = make(open_photo(data), data)
    assert made.solid is not None
    hung = hang(shelf, wobbler, Hanging(BESIDE))
    there = hang(np.zeros_like(shelf), np.repeat(round_[:, :, None], 3, axis=2), Hanging(BESIDE)) > 127
    seen = look(photo_of(np.where(there, hung, shelf).astype(np.uint8)), ArtworkIndex({"round": made}))
    assert seen_in(seen, "round").visible > 0.85


def test_folded_mirrored_and_tiny_places_are_not_plausible() -> None:
    size, frame = (400, 600), (1600, 1200)
    assert plausible(np.eye(3), size, frame)
    assert not plausible(np.diag([-1.0, 1, 1]), size, frame)
    assert not plausible(np.diag([0.02, 0.02, 1]), size, frame)
    assert not plausible(np.diag([30.0, 30, 1]), size, frame)
    assert not plausible(np.array([[1, 0, 0], [0, 1, 0], [0.01, -0.01, 1.0]]), size, frame)
    assert turn_of(np.eye(3), size) == pytest.approx(0)


def test_artwork_from_outside_is_opened_in_a_child() -> None:
    data = encoded(Image.fromarray(POSTER), "PNG")
    photo, artwork = make_guarded(data)
    assert (photo.width, photo.media_type) == (POSTER.shape[1], "image/png")
    assert len(artwork.features) > 300


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 named .png", "photo.not_a_photo"),
        (b"", "photo.empty"),
        (encoded(Image.fromarray(plain()), "PNG"), "artwork.too_plain"),
        (encoded(Image.fromarray(POSTER), "JPEG")[:3000], "photo.truncated"),
    ],
)
def test_the_child_tells_why_it_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(PhotoError) as refused:
        make_guarded(data)
    assert refused.value.code == code


def test_a_child_that_hangs_is_ended() -> None:
    with pytest.raises(PhotoError) as refused:
        make_guarded(encoded(Image.fromarray(POSTER), "PNG"), time_limit_s=0.01)
    assert refused.value.code == "photo.damaged"


def test_fifty_megapixels_of_artwork_are_taken() -> None:
    out = io.BytesIO()
    Image.fromarray(POSTER).resize((6000, 8000)).save(out, "JPEG", quality=70)
    photo, artwork = make_guarded(out.getvalue())
    assert (photo.width, photo.height) == (6000, 8000)
    assert len(artwork.features) > 300
