"""How many examples: a fixed number in CI, twenty times as many with `--hypothesis-profile=deep`."""

from hypothesis import settings

USUAL = 100  # what Hypothesis itself takes without a profile


def examples(number: int) -> int:
    """The number of examples that stands for `number` in the profile that is in force."""
    return max(1, number * settings().max_examples // USUAL)
