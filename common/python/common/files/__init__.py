"""What the two labs of file transfer share: ftp-simple and ftp-class. The mirror of common/src/files.

    commands      commands on a stream: lines
    names         which file names a peer may use, and the files of a shared folder
    partial_file  a file that appears under its name only when it is complete
    transfer      a file of announced size over TCP, checked by md5 on the way
    stalls        how long a peer may stall while a file is sent
    digest        the md5 of a file, remembered while the file does not change
    hashing       an md5 in a thread of its own, beside the transfer
    progress      how far a transfer is: a bar on the terminal, the lesson's line
"""

BACKLOG = 128
"""How many connections may wait to be accepted, unless --backlog says otherwise."""

TIMEOUT = 30
"""How long one side waits for the other, unless --timeout says otherwise, in seconds."""
