"""Paintings to begin with: works whose painters died more than seventy years ago.

The pictures are in the folder ``pictures``. A faithful photograph of such a work is free to use too
in the United States and in the European Union (directive 2019/790, article 14).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "pictures"


@dataclass(frozen=True)
class Painting:
    """One painting.

    Attributes:
        file: its name in ``FOLDER``.
        short: the painter as one says it, in ASCII.
        title: in English, in ASCII.
        painter: the full name.
        year: when it was painted, as museums say it.
        died: the year in which the painter died.
        sha256: of the file.
    """

    file: str
    short: str
    title: str
    painter: str
    year: str
    died: int
    sha256: str

    @property
    def path(self) -> Path:
        """The picture in this package: a JPEG in sRGB, its longest side at most 1024 pixels."""
        return FOLDER / self.file

    @property
    def shown_as(self) -> str:
        """The name of the user's copy, which the gallery of styles shows below it."""
        return f"{self.short} - {self.title}{self.path.suffix}"


PAINTINGS: tuple[Painting, ...] = (
    Painting(
        "starry_night.jpg",
        "Van Gogh",
        "The Starry Night",
        "Vincent van Gogh",
        "1889",
        1890,
        "68dca01070e6306f01a877cbbb4ce3850fb847a8ec22d4d1a292a3f3e2896712",
    ),
    Painting(
        "great_wave.jpg",
        "Hokusai",
        "The Great Wave off Kanagawa",
        "Katsushika Hokusai",
        "about 1831",
        1849,
        "168e7af41b42ecef15414f902acc002457df9d26495a62850f4ba63a26937829",
    ),
    Painting(
        "water_lilies.jpg",
        "Monet",
        "Water Lilies",
        "Claude Monet",
        "about 1919",
        1926,
        "420a7aa0af889fe7e49e740aa4256398d633ec7ce1603178bd6fbd322ffe92c3",
    ),
    Painting(
        "scream.jpg",
        "Munch",
        "The Scream",
        "Edvard Munch",
        "1893",
        1944,
        "3b87566be8ad690dbea6536ea69cc5caed27f53f07294661b5aa056e8b40e800",
    ),
    Painting(
        "woman_with_a_hat.jpg",
        "Matisse",
        "Woman with a Hat",
        "Henri Matisse",
        "1905",
        1954,
        "f86eebcc432ee29033e5b8399ca344d15dcc7f31673b65ec9f96fc5411a4d29a",
    ),
    Painting(
        "composition_vii.jpg",
        "Kandinsky",
        "Composition VII",
        "Wassily Kandinsky",
        "1913",
        1944,
        "6ff71634b37e97230089d18674985779b9a5a003b93f735c35fb938a92b27437",
    ),
    Painting(
        "shipwreck.jpg",
        "Turner",
        "The Shipwreck of the Minotaur",
        "J. M. W. Turner",
        "about 1810",
        1851,
        "2202d739982d3fe2e91cfbfbbde8c182cbcbbbc413874bd3ab2ea0534206c5a5",
    ),
    Painting(
        "jean_metzinger.jpg",
        "Delaunay",
        "Jean Metzinger",
        "Robert Delaunay",
        "1906",
        1941,
        "d7a20132e0525d163a97ba906bd2f90d4d78beba8d11ba3bcdb2c7cbb9e2e140",
    ),
    Painting(
        "contrast_of_forms.jpg",
        "Leger",
        "Contrast of Forms",
        "Fernand Léger",
        "1913",
        1955,
        "e6f08e2a481d7c414b63c9ba860e1e5eccd945ce3378c2699ac00ddb09ab1977",
    ),
    Painting(
        "tableau_2.jpg",
        "Mondrian",
        "Tableau No. 2",
        "Piet Mondrian",
        "1913",
        1944,
        "37feb73a7e3ffc3aaeab6a122e2e6762445780d376aa159412fb1f4de352b066",
    ),
    Painting(
        "udnie.jpg",
        "Picabia",
        "Udnie",
        "Francis Picabia",
        "1913",
        1953,
        "ebcc21f7396b3f85fd0608517f5c5686b0c90e59fdb1254f79f3ddff32a9d0d0",
    ),
    Painting(
        "cherry_tree.jpg",
        "Sakai Hoitsu",
        "Cherry Tree",
        "Sakai Hōitsu",
        "about 1820",
        1829,
        "ef3054aa5f0bec8d1e84c1a841886e712f24b7894d33d5cb4240e94da6cf23be",
    ),
)
"""The best one to begin with comes first."""


def copy_into(folder: Path) -> None:
    """Write all paintings into ``folder``, under the names that users see.

    Raises:
        OSError: the folder cannot be written.
    """
    for painting in PAINTINGS:
        shutil.copyfile(painting.path, folder / painting.shown_as)
