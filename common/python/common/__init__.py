"""What the lessons are not about, one module a subject: the mirror of the Rust crate `common`.

    flags         the command-line flags that all programs share
    net           addresses, TCP and UDP sockets
    header        the struct-packed header and its bounded body
    console       prompt, transcript, warnings; what a peer sent made safe to show
    files         what the two labs of file transfer share, a package with modules of its own

Python's own repr and json.dumps need no mirror: the Rust modules `notation` and `json` mirror them.
"""

import signal

# A Ctrl-C before console.main() runs, while modules are imported, would end in a stack trace. Where SIGINT is ignored
# (nohup, a script's background) it stays so.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
