"""Kairos: schedule-based marketing, serverless. It reads when a customer is likely to act, and reaches them then."""
