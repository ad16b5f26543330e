"""Reading sign-up sheets."""
