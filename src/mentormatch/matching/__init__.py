"""Matching problems in numbers: questions, answers and proofs. Knows nothing of people."""
