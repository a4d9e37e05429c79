"""Learning what all customers teach, and making it live where it foretells better than what is."""
