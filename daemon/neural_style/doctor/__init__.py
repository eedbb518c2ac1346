"""The doctor: looks at every part of an installation, and says what to do about each.

Standard library, psutil and the protocol only. Torch and GIMP are asked in processes of their own,
so that one that is broken can be reported.
"""

from neural_style.doctor.examination import examine
from neural_style.doctor.finding import Finding, Level
from neural_style.doctor.report import report_text

__all__ = ["Finding", "Level", "examine", "report_text"]
