"""How much is tried: the same few examples in every CI run, many new ones with a deeper profile."""

from hypothesis import HealthCheck, Phase, settings

USUAL = 100  # what Hypothesis itself takes without a profile


def fuzzing(number: int) -> settings:
    """Settings for `number` examples, more in a deeper profile. Only there are they other ones each time."""
    of_profile = settings().max_examples
    is_deeper = of_profile > USUAL
    return settings(
        max_examples=max(1, number * of_profile // USUAL),
        derandomize=not is_deeper,
        database=settings().database if is_deeper else None,
        deadline=None,
        phases=[phase for phase in Phase if phase is not Phase.explain],  # it traces every line that runs
        suppress_health_check=[
            *(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
            HealthCheck.function_scoped_fixture,
        ],
    )
