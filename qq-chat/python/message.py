"""The line that shows a message: who sent it, and the text on a coloured background.

Rust: qq-chat/src/message.rs
"""

import os

from common import console

RED = "\033[41m"
BLUE = "\033[44m"
RESET = "\033[0m"


def line(peer, text, background):
    """来自[ip:port]的一条消息: and the text; without colours when NO_COLOR is set and not empty.

    The colours are ours. Escapes in the peer's text are shown, not obeyed.
    """
    on, off = ("", "") if os.environ.get("NO_COLOR") else (background, RESET)
    return f"来自[{peer[0]}:{peer[1]}]的一条消息:{on}{console.decode_printable(text)}{off}"
