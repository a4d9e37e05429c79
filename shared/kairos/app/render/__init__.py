"""From a template and its blanks to the words that leave."""
