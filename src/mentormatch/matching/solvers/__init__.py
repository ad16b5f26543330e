"""Ways to find the best matching of a problem in integers."""
