"""What the lessons are not about, one module a subject: the mirror of the Rust crate `common`.

    flags         the command-line flags that all programs share
    net           addresses, TCP and UDP sockets
    header        the struct-packed header and its bounded body
    commands      commands on a stream: lines
    names         which file names a peer may use, and the files of a shared folder
    partial_file  a file that appears under its name only when it is complete
    transfer      a file of announced size over TCP, checked by md5 on the way
    digest        the md5 of a file, remembered while the file does not change
    hashing       an md5 in a thread of its own, beside the transfer
    progress      how far a transfer is: a bar on the terminal, the lesson's line
    console       prompt, transcript, warnings; what a peer sent made safe to show

Python's own repr and json.dumps need no mirror: the Rust modules `notation` and `json` mirror them.
"""

import signal

# A Ctrl-C before console.main() runs, while modules are imported, would end in a stack trace. Where SIGINT is ignored
# (nohup, a script's background) it stays so.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
