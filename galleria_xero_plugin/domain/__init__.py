"""The rules: pure, standard library only. Data and a clock reading in, decisions out."""
