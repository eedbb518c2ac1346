"""Frames through the real engine: what each keeps, and what the next one makes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import pictures
from neural_style.engine import Frame, Tones
from neural_style.engine.picture.colour_map import ColourMap
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Run
from neural_style.worker import frames
from neural_style.worker.runner import Runner
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.errors import PackageMissing
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 96, 64


def view(left: int, top: int = 0, name: str = "china") -> Picture:
    """A part of a photograph, as a camera sees it that moves by some pixels."""
    image = pictures.opened(name).resize((200, 133)).crop((left, top, left + WIDTH, top + HEIGHT))
    return Picture.of(WIDTH, HEIGHT, 3, image.tobytes())


class Camera:
    """Paints one view after another, each in a folder of its own."""

    def __init__(self, root: Path, runner: Runner, heard: list[Message]) -> None:
        self._root, self._runner, self._heard = root, runner, heard
        self.folders: list[Path] = []

    def paint(self, content: Picture, *, follows: bool = True, coherence: float = 50.0) -> None:
        folder = self._root / str(len(self.folders))
        folder.mkdir()
        style = pictures.opened("strokes").resize((80, 80))
        painting = Picture.of(80, 80, 3, style.tobytes())
        for index, picture in enumerate((content, painting)):
            JobFolder(folder).append(index, picture.data)
        run = Run(
            "job",
            str(folder),
            {"preset": "draft"},
            (ImageOffer("content", content.spec), ImageOffer("style", painting.spec)),
            frame=True,
            follows=follows and bool(self.folders),
            before=tuple(str(each) for each in self.folders[:-5:-1]) if follows else (),
            coherence=coherence,
        )
        self._heard.clear()
        self._runner.run(run, Stop())
        self.folders.append(folder)

    @property
    def told(self) -> list[str]:
        """The notices about the last frame."""
        return [m.text for m in self._heard if isinstance(m, daemon_messages.Notice)]

    @property
    def steps(self) -> int:
        (result,) = (m for m in self._heard if isinstance(m, daemon_messages.Result))
        return result.step

    def seen(self, number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        stored = JobFolder(self.folders[number]).stored_result()
        assert stored is not None
        flat = np.frombuffer(stored.picture().data, np.uint8).astype(float)
        return flat.reshape(stored.spec.height, stored.spec.width, 3)


@pytest.fixture(scope="module")
def heard() -> list[Message]:
    return []


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, heard: list[Message]) -> Runner:
    torch.set_num_threads(1)
    home = Home(tmp_path_factory.mktemp("home"))
    return Runner(home, lambda message, pictures: heard.append(message))


@pytest.fixture
def camera(tmp_path: Path, runner: Runner, heard: list[Message]) -> Camera:
    return Camera(tmp_path, runner, heard)


def test_a_frame_is_painted_where_the_last_one_was_moved(camera: Camera) -> None:
    """With few evaluations, and much nearer to it than one that is painted by itself."""
    camera.paint(view(20))
    alone = camera.steps
    camera.paint(view(24))
    assert camera.told == []
    assert 0 < camera.steps < alone / 4
    camera.paint(view(24), follows=False)

    def change(number: int) -> float:
        moved = camera.seen(0)[:, 4:] - camera.seen(number)[:, :-4]
        return float(np.sqrt((moved[4:-4, 4:-4] ** 2).mean()))

    assert change(1) < 0.5 * change(2)


def test_a_cut_begins_a_new_shot(camera: Camera) -> None:
    camera.paint(view(20))
    camera.paint(view(40, name="flower"))
    assert camera.told == [frames.NEW_SHOT.template]
    assert frames.read(JobFolder(camera.folders[1]).frame).begins  # type: ignore[union-attr]
    camera.paint(view(41, name="flower"))
    assert camera.told == []


def test_from_black_to_white_is_a_cut(camera: Camera) -> None:
    """Nothing moves there, and it is not the same."""
    for value in (0, 255):
        camera.paint(Picture.of(WIDTH, HEIGHT, 3, bytes([value]) * (3 * WIDTH * HEIGHT)))
    assert camera.told == [frames.NEW_SHOT.template]


def test_a_frame_of_another_size_begins_a_new_shot(camera: Camera) -> None:
    camera.paint(view(20))
    image = pictures.opened("china").resize((64, 48))
    camera.paint(Picture.of(64, 48, 3, image.tobytes()))
    assert camera.told == [frames.ANOTHER_SIZE.template]


@pytest.mark.parametrize("harm", ["missing", "cut off", "not ours"])
def test_a_frame_before_that_is_lost_begins_a_new_shot(camera: Camera, harm: str) -> None:
    camera.paint(view(20))
    path = JobFolder(camera.folders[0]).frame
    if harm == "missing":
        path.unlink()
    elif harm == "cut off":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        path.write_bytes(b"{}\n")
    camera.paint(view(21))
    assert camera.told == [frames.LOST.template]


def test_the_same_frames_give_the_same_pictures(camera: Camera) -> None:
    """What is stored is all that the next frame knows, so a chain can be taken up anywhere."""
    for left in (20, 22, 24):
        camera.paint(view(left))
    before = camera.seen(2)
    folder = camera.folders.pop()
    folder.rename(folder.with_name("done"))
    camera.paint(view(24))
    assert (camera.seen(2) == before).all()


def test_colours_stay_those_of_the_shots_first_frame(camera: Camera) -> None:
    for left in (20, 22, 24):
        camera.paint(view(left))
    kept = [frames.read(JobFolder(folder).frame) for folder in camera.folders]
    tones = [each.frame.tones for each in kept if each is not None]
    assert len(tones) == 3
    for each in tones[1:]:
        assert torch.equal(each.seen.linear, tones[0].seen.linear)
        assert torch.equal(each.begin.offset, tones[0].begin.offset)


def test_a_kept_frame_is_read_as_it_was(tmp_path: Path) -> None:
    paint = torch.randn(3, 6, 8)
    tones = Tones(ColourMap.identity(), ColourMap.identity().blended(0.5))
    content = torch.rand(3, 12, 16)
    frames.store(JobFolder(tmp_path), Frame(paint, tones), content, begins=False)
    kept = frames.read(JobFolder(tmp_path).frame)
    assert kept is not None
    assert torch.equal(kept.frame.paint, paint)
    assert kept.grey.shape == (6, 8)
    assert not kept.begins


def test_without_opencv_a_sentence_says_how_to_get_it(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PackageMissing, match="opencv-python-headless") as error:
        camera.paint(view(20))
    assert "pip install" in error.value.next_step
