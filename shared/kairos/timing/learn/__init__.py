"""What the nightly job fits. Everything in here may import numpy and scipy (extra `learn`); nothing on the hot path may
import anything from here.
"""
