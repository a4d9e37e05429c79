"""What a customer can say without logging in, and what happens at once."""
