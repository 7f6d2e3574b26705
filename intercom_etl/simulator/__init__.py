"""A local Intercom workspace to run against: demo, tests, benchmarks."""
