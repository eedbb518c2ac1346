"""Clips and image sequences, and how the pictures in them move. Its packages are optional.

PyAV and OpenCV come with the extra ``video``. Only :mod:`~neural_style.video.clips` imports the
one, and only :mod:`~neural_style.video.flow` the other.
"""
