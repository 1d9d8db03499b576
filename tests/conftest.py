"""Settings of hypothesis for all tests, and figures that tests measure, printed below their summary."""

import hypothesis
import pytest

hypothesis.settings.register_profile("course", derandomize=True, deadline=None)  # a busy machine has no time limit
hypothesis.settings.load_profile("course")


@pytest.fixture
def measured(record_property):
    """Function that prints a line in the summary of the run, from a worker of xdist as well."""
    return lambda line: record_property("measured", line)


def pytest_terminal_summary(terminalreporter):
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [line for report in reports for name, line in report.user_properties if name == "measured"]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))
