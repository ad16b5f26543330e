"""What is known about a programme and the people who signed up."""
