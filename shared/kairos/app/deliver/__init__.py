"""The last station: lease, claim, gates, hand over, report."""
