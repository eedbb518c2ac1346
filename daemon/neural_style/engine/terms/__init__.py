"""The terms of the objective, one file for each kind."""
