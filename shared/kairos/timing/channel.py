"""By which channel a customer answers best, and now and then by another, so that it is learned.

The rate of each channel is what the customer answered of what they were sent on it, drawn towards what the shop's
customers do there: the mean of a beta posterior whose prior is worth SENDS_OF_NOTHING messages. A stated share of
choices is any of the channels, by a hash, and every choice tells the probability with which it was made, so what other
rules would have brought can be estimated from what was logged (D. G. Horvitz and D. J. Thompson, "A Generalization of
Sampling Without Replacement From a Finite Universe", 1952).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SENDS_OF_NOTHING = 4.0
USUAL_RATE = 0.25
"""The share of messages answered where nothing was learned of the shop: the same on every channel."""


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """The channel chosen, and the probability with which it was."""

    channel: str
    propensity: float
    explored: bool


def answer_rate(sent: float, answered: float, usual: float = USUAL_RATE) -> float:
    """Return the share of messages on a channel that a customer is expected to answer, in (0, 1).

    `usual` is what the shop's customers answer there. More answers than messages, as where a send is not told yet,
    count as all of them.
    """
    return (min(answered, sent) + SENDS_OF_NOTHING * usual) / (sent + SENDS_OF_NOTHING)


def choose_channel(rates: Mapping[str, float], draw: float, explore: float = 0.1) -> ChannelChoice:
    """Choose among the channels, in the author's order: the one answered most, the first of equals, or for a share
    `explore` of choices any. `draw` in [0, 1) is a hash. Raises `ValueError` where there is none."""
    if not rates:
        raise ValueError("no channel to choose from")
    names = list(rates)
    best = max(names, key=lambda name: rates[name])
    explored = draw < explore
    chosen = names[min(int(draw / explore * len(names)), len(names) - 1)] if explored else best
    propensity = explore / len(names) + (1.0 - explore if chosen == best else 0.0)
    return ChannelChoice(chosen, propensity, explored)
