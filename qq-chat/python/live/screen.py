"""The terminal: a line that is typed while others arrive.

Two threads write to one terminal. Where prompt_toolkit is installed it keeps the line that is typed at the bottom, and what
the other thread prints comes above it. Its prompt is made once: a line that is finished is taken from the Enter key. Between
two prompts, lines could be lost.

Without it, and where stdin or stdout is no terminal, lines are read and written as they are.

Rust: qq-chat/src/live/screen.rs
"""

import os
import sys

from common import console

# The prompt is one line, and need not ask the terminal where it stands.
os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")

try:
    import prompt_toolkit
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.patch_stdout import patch_stdout
except ImportError:
    prompt_toolkit = None

try:
    import termios
except ImportError:  # Windows
    termios = None

PROMPT = "> "
"""What stands before the line that is typed."""

_attributes = None  # how the terminal was before


def edits():
    """Whether there is a terminal, and what steers it."""
    return prompt_toolkit is not None and sys.stdin.isatty() and sys.stdout.isatty()


def read(typed):
    """Calls typed(line) with each line, until it says True or the input ends. Ctrl-C is a KeyboardInterrupt."""
    if not edits():
        while True:
            line = console.prompt("")
            if line is None or typed(line):
                return
    global _attributes
    if termios:
        _attributes = termios.tcgetattr(sys.stdin)
    keys = KeyBindings()

    @keys.add("enter")
    def _(event):
        line = event.current_buffer.text
        event.current_buffer.reset()
        if typed(line):
            event.app.exit(result="")

    with patch_stdout(raw=True):
        try:
            prompt_toolkit.PromptSession(key_bindings=keys).prompt(PROMPT)
        except EOFError:
            pass
    _attributes = None


def restore():
    """Leaves the terminal as it was, when the program ends while a line is typed."""
    if _attributes is not None:
        termios.tcsetattr(sys.__stdin__, termios.TCSADRAIN, _attributes)
        # What is said now must not wait for the line that is typed.
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        console.print_line()
