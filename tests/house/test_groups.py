"""How the tests are divided among processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.gimp_root import SUITES
from groups import GIMPS, SLOWEST_FIRST, group_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/gimp/test_help.py::test_help_opens_the_page[3.0-en]", "GIMP 3.0"),
        ("tests/gimp/test_pixels.py::test_grey_stays_grey[3.2]", "GIMP 3.2"),
        ("tests/gimp/test_words.py::test_the_template_has_every_word", "tests/gimp/test_words.py"),
        ("tests/doctor/test_doctor.py::test_x[3.0]", "tests/doctor/test_doctor.py"),
    ],
)
def test_a_file_or_a_gimp_stays_in_one_process(test: str, group: str) -> None:
    assert group_of(test) == group


def test_the_groups_that_begin_first_exist() -> None:
    assert set(GIMPS) == set(SUITES)
    files = [group for group in SLOWEST_FIRST if not group.startswith("GIMP ")]
    assert [file for file in files if not (ROOT / file).is_file()] == []
