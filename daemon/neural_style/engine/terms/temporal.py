"""The temporal term: a frame stays near to the frames before it, moved to where it shows them.

After Ruder, Dosovitskiy & Brox, *Artistic style transfer for videos*, GCPR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from torch import Tensor

from neural_style.engine.picture.resize import resize, size_of
from neural_style.engine.share import Bands
from neural_style.engine.terms.base import PixelTerm
from neural_style.engine.terms.pixel import first_rows


@dataclass(frozen=True)
class Temporal(PixelTerm):
    r"""Mean squared distance from the frames before, where they can be trusted.

    .. math:: L = \frac{1}{n} \sum_i t_i (x_i - w_i)^2

    It is a sum over pixels, so it is the same in tiles.

    Attributes:
        earlier: w, (1, 3, h, w) normalised.
        trust: t, (1, 1, h, w) in [0, 1].
    """

    earlier: Tensor = field(repr=False)
    trust: Tensor = field(repr=False)

    name: ClassVar[str] = "temporal"

    @property
    def bytes_kept(self) -> int:
        """Four channels in float32."""
        return 16

    def fitted_to(
        self,
        content: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        bands: Bands | None = None,
    ) -> Temporal:
        """The term with its pictures of the whole content's size, and of its type and device."""
        height, width = size_of(content)
        size = height if bands is None else bands.height, width
        earlier, trust = (
            resize(each.to(content.device), size).to(content.dtype)
            for each in (self.earlier, self.trust)
        )
        return replace(self, earlier=earlier, trust=trust.clamp(0, 1))

    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """See :meth:`PixelTerm.part`."""
        mine, its = first_rows(rows, own), slice(top, top + own)
        distance = (mine - self.earlier[:, :, its]).square() * self.trust[:, :, its]
        return distance.sum() / (rows.shape[1] * height * rows.shape[3])
