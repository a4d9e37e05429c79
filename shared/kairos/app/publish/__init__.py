"""From drafts to what is live: releases, the pointer to them, and the way there and back."""
