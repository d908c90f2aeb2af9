"""Stores the files that clients send, and tells each client the md5 of what has arrived.

    python3 ftp-simple/python/upload_server.py

Rust: ftp-simple/src/bin/upload-server.rs
"""

import contextlib
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, files, flags, header, net
from common.files import transfer
from common.files.partial_file import discard_unfinished

UPLOAD = Path(__file__).resolve().parents[1] / "upload"


def main():
    parser = flags.timeout(flags.tcp_server(flags.parser(__doc__), 8080, files.BACKLOG), files.TIMEOUT)
    args = flags.folder(parser, UPLOAD, "ftp-simple/upload", "where the files are stored").parse_args()
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = net.listener(args)
    try:
        while True:
            # (2) accept; each client has a thread of its own
            conn, peer = listener.accept()
            conn.settimeout(flags.limit(args))
            net.converse_in_thread(conn, peer, converse, args.dir)
    finally:
        discard_unfinished()


def converse(conn, peer, upload):
    """The conversation with one client, until it hangs up."""
    while True:
        try:
            # (3) recv: header length, header
            announced = receive_header(conn)
        except header.HeaderError as error:
            # Nobody knows where the next message would begin.
            with contextlib.suppress(OSError):
                conn.sendall(header.pack_json({"error": str(error)}))
            net.hang_up(conn)
            raise
        if announced is None:
            return
        name, size = announced
        try:
            # (4) recv: the file
            md5 = transfer.receive_file(conn, upload, name, size)
            answer = {"file_name": name, "file_size": size, "md5": md5}
        except transfer.NotStored as error:
            console.warn(f"{net.shown(peer)}: {error}")
            answer = {"error": str(error)}
        with console.context("cannot send the answer"):
            # (5) sendall: what was stored
            conn.sendall(header.pack_json(answer))


def receive_header(conn):
    """The name and the size in bytes of the file that follows; None when the client has closed."""
    fields = header.read_json(conn)
    if fields is None:
        return None
    name = header.string(fields, "file_name")
    # The lesson's client writes file_siz.
    misspelt = "file_size" not in fields and "file_siz" in fields
    return name, header.size(fields, "file_siz" if misspelt else "file_size")


if __name__ == "__main__":
    console.main(main)
