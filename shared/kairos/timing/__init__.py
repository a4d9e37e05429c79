"""The models of when: pure, from O(1) state in the customer's item."""
