"""The exercises in a real Jupyter kernel: what a cell shows, which line it names, and that it can be interrupted."""

import re

import pytest
from jupyter_client.manager import start_new_kernel

from cnn_course import checks


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    setup = "from cnn_course import checks\nchecks.engine.PATIENCE = 60"  # a busy machine is no endless loop
    assert run(manager, client, setup) == ("", None)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def reply(client, request):
    """The answer to a request; those of the kernel's start may come before it."""
    while (message := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != request:
        pass
    return message["content"]


def run(manager, client, code, shown=None):
    """Text and the name of the error, if any; interrupts a cell that says how to. What is displayed goes to `shown`."""
    shown = [] if shown is None else shown
    request, printed, error = client.execute(code), "", None
    while True:
        message = client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if kind == "status":
            if message["parent_header"]["msg_id"] == request and content["execution_state"] == "idle":
                assert reply(client, request)["status"] == ("error" if error else "ok")
                return printed, error
            continue
        assert message["parent_header"]["msg_id"] == request, "a text that belongs to no cell"
        if kind == "stream":
            printed += content["text"]
            if "has not returned" in content["text"]:
                manager.interrupt_kernel()
        elif kind == "error":
            error = content["ename"]
        elif kind in ("execute_result", "display_data"):
            printed += content["data"]["text/plain"]
            shown.append(content["data"])


def test_a_cell_shows_the_message_once(kernel):
    printed, error = run(*kernel, "checks.start_here.q1.check(240_000)")
    assert printed.startswith("✘ Wrong. This is the number of pixels.") and error is None
    assert printed.count("number of pixels") == 1
    assert run(*kernel, "checks.start_here.q1.check(...)")[0].startswith("… Not attempted.")


def completions(client, code):
    return reply(client, client.complete(code, len(code)))["matches"]


def test_tab_shows_no_solution(kernel):
    _, client = kernel
    assert completions(client, "checks.") == sorted(checks.__all__)
    for title in checks.__all__:
        assert completions(client, f"checks.{title}.") == sorted(getattr(checks, title).__all__)
    assert completions(client, "checks.padding.q1.") == ["check", "hint", "solution"]


def test_right_and_wrong_stand_out_and_the_stub_is_plain_text(kernel):
    shown = []
    code = "_ = checks.start_here.q1.check({})"
    run(*kernel, code.format("...") + "\nprint('<first>')\n" + code.format("'<b>'"), shown)
    run(*kernel, code.format(720_000), shown)
    wrong, right = shown
    assert wrong["text/plain"] == "✘ Wrong. The answer must consist of numbers. Received: '<b>'."
    assert "<strong>✘ Wrong.</strong> The answer" in wrong["text/html"] and "'&lt;b&gt;'" in wrong["text/html"]
    assert "<strong>✔ Right.</strong> Pixels" in right["text/html"]
    assert not {*re.findall("#\\w+", wrong["text/html"])} & {*re.findall("#\\w+", right["text/html"])}


def test_an_exception_names_the_line_of_the_cell(kernel):
    run(*kernel, "def first(array):\n    # one pixel\n    return array[0, 0, 0]")
    function = "# my answer\ndef my_convolve(image, kernel):\n    {}\n\n\nchecks.convolution.q4.check(my_convolve)"
    printed, error = run(*kernel, function.format("return image @ kernel"))
    assert "raised ValueError in line 3 of your cell:\n    return image @ kernel\n  matmul" in printed and error is None
    printed, _ = run(*kernel, function.format("return first(image)"))
    assert "raised IndexError in line 3 of your cell:\n    return array[0, 0, 0]\n  too many indices" in printed


def test_a_loop_without_end_says_how_to_interrupt_and_can_be_interrupted(kernel):
    run(*kernel, "checks.engine.PATIENCE = 0.5")
    endless = "def my_halvings(size):\n    while True:\n        pass\n\n\nchecks.start_here.q3.check(my_halvings)"
    printed, error = run(*kernel, endless)
    assert printed.startswith("Your function has not returned after 0.5 s.") and "Kernel > Interrupt" in printed
    assert error == "KeyboardInterrupt"
    again = "checks.engine.PATIENCE = 60\nchecks.start_here.q3.check(checks.start_here.q3.answer)"
    assert run(*kernel, again)[0].startswith("✔ Right.")
