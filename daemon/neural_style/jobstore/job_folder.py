"""Where one job's pictures lie on disk, for the service and the worker alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neural_style.jobstore.stored_picture import StoredPicture
from neural_style_protocol import atomic
from neural_style_protocol.errors import NeuralStyleError, StorageError
from neural_style_protocol.pixels import Picture, PictureSpec


@dataclass(frozen=True)
class JobFolder:
    """The files of one job.

    ``image-N.raw`` are the pictures that were sent, ``job.json`` says what is to be done with
    them, ``checkpoint`` is how far it is, ``result`` what came of it.
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

    def image(self, index: int) -> Path:
        return self.path / f"image-{index}.raw"

    def append(self, index: int, chunk: bytes) -> None:
        """Add pixels to a picture that is being sent.

        Raises:
            StorageError: the disk is full, or cannot be written to.
        """
        try:
            with self.image(index).open("ab") as file:
                file.write(chunk)
        except OSError as error:
            raise StorageError(f"The picture cannot be stored ({error.strerror}).") from error

    def read_image(self, index: int, spec: PictureSpec) -> Picture:
        """A picture that was sent.

        Raises:
            StorageError: it cannot be read, or not all of it is there.
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
        """Bytes of the checkpoint; 0 if there is none."""
        try:
            return self.checkpoint.stat().st_size
        except OSError:
            return 0

    def remove_unfinished_files(self) -> None:
        """Remove what a process that was killed had not finished writing."""
        for file in self.path.glob(f"{atomic.UNFINISHED}*"):
            file.unlink(missing_ok=True)

    def byte_count(self) -> int:
        """Bytes that the job takes on disk."""
        return sum(file.stat().st_size for file in self.path.iterdir())
