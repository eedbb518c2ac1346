"""The checks of ``neural-style doctor``: the state of each part, and what to do about problems.

It needs only the standard library, psutil and the protocol. Torch and GIMP run in processes of
their own, so that the doctor works even if they are broken.
"""

from neural_style.doctor.examination import examine
from neural_style.doctor.finding import Finding, Level
from neural_style.doctor.report import report_text

__all__ = ["Finding", "Level", "examine", "report_text"]
