"""A local Intercom workspace to run against: demo, tests, benchmarks.

It imports nothing else from this project, so it can judge the project's own reading of the API.
"""
