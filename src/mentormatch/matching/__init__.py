"""Matching problems in numbers, their answers and proofs, without knowing of people."""
