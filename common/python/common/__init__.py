"""What the lessons are not about, one module a subject: the mirror of the Rust crate `common`.

    flags     the command-line flags that all programs share
    net       addresses, TCP and UDP sockets
    header    the struct-packed header and its bounded body
    console   prompt, transcript, warnings; what a peer sent made safe to show

Python's own repr and json.dumps need no mirror: the Rust modules `notation` and `json` mirror them.
"""
