"""The files of one job on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neural_style.jobstore.stored_picture import StoredPicture
from neural_style_protocol import atomic
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import Picture, PictureSpec


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job.

    ``image-N.raw`` are the uploaded pictures. ``job.json`` has the settings and the state.
    ``checkpoint`` is an intermediate state from which the job can continue, ``result`` the result,
    and ``frame`` what the next frame of a video needs of this one.
    """

    path: Path

    @property
    def record(self) -> Path:
        return self.path / "job.json"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint"

    @property
    def result(self) -> Path:
        return self.path / "result"

    @property
    def frame(self) -> Path:
        return self.path / "frame"

    def image(self, index: int) -> Path:
        return self.path / f"image-{index}.raw"

    def append(self, index: int, chunk: bytes) -> None:
        """Append pixels to picture number ``index``.

        Raises:
            StorageError: the disk is full, or the file cannot be written.
        """
        try:
            with self.image(index).open("ab") as file:
                file.write(chunk)
        except OSError as error:
            raise StorageError(
                "The picture cannot be stored ({reason}).", reason=reason(error)
            ) from error

    def read_image(self, index: int, spec: PictureSpec) -> Picture:
        """Read picture number ``index``.

        Raises:
            StorageError: the file cannot be read, or is incomplete.
        """
        try:
            return Picture(spec, self.image(index).read_bytes())
        except (OSError, NeuralStyleError) as error:
            raise StorageError(
                "A picture of this job is no longer on the disk.",
                next_step="Send the picture again.",
            ) from error

    def stored_result(self) -> StoredPicture | None:
        return StoredPicture.find(self.result)

    def stored_checkpoint(self) -> StoredPicture | None:
        return StoredPicture.find(self.checkpoint)

    def checkpoint_bytes(self) -> int:
        """The size of the checkpoint; 0 if there is none."""
        try:
            return self.checkpoint.stat().st_size
        except OSError:
            return 0

    def remove_unfinished_files(self) -> None:
        """Remove the temporary files of killed processes."""
        for file in self.path.glob(f"{atomic.UNFINISHED}*"):
            file.unlink(missing_ok=True)

    def byte_count(self) -> int:
        """Bytes that the job uses on disk."""
        return sum(file.stat().st_size for file in self.path.iterdir())
