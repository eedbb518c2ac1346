"""Whether the picture of an unfinished run belongs into an image."""

from __future__ import annotations

import dataclasses

import image_title
import source as sources
from job_request import digest_of
from source import Source
from unfinished import UnfinishedRun


def belongs_above(run: UnfinishedRun, source: Source) -> bool:
    """Whether the run painted a layer of the image of ``source``, as far as one can tell.

    An image is known by its file. Without one, the layer must have the same pixels.
    """
    image = source.image
    if run.image_size != (image.get_width(), image.get_height()):
        return False
    if run.image_uri:
        return run.image_uri == image_title.uri_of(image)
    _found, left, top = source.layer.get_offsets()
    place = dataclasses.replace(
        source, x=run.x - left, y=run.y - top, width=run.width, height=run.height
    )
    return digest_of(sources.pixels(place)) == run.digest
