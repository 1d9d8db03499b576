"""Settings of hypothesis for all tests: the same inputs on every run, and no time limit on a busy machine."""

import hypothesis

hypothesis.settings.register_profile("course", derandomize=True, deadline=None)
hypothesis.settings.load_profile("course")
