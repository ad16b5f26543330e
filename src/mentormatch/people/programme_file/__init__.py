"""Reading a programme file."""
