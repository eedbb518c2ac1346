"""Many pictures: what is to be painted, by whom, and what has been done of it so far."""
