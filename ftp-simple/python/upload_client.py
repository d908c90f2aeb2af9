"""Uploads files and compares the md5 of what left with the md5 of what arrived.

    python3 ftp-simple/python/upload_client.py FILE...

Rust: ftp-simple/src/bin/upload-client.rs
"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, files, flags, header, net
from common.files import names, transfer
from common.files.progress import Progress

START = "python3 ftp-simple/python/upload_server.py"


def main():
    parser = flags.timeout(flags.tcp_client(flags.parser(__doc__), 8080), files.TIMEOUT)
    parser.add_argument("files", metavar="FILE", type=flags.path, nargs="+", help="what to send")
    name_help = "the name on the server, for a single FILE (default: its own)"
    parser.add_argument("--name", type=flags.utf8_text, help=name_help)
    args = parser.parse_args()
    if args.name is not None and len(args.files) > 1:
        parser.error("--name is for a single FILE")
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START, flags.limit(args))
    status = 0
    with conn, console.context(f"server {net.shown(server)}"):
        for path in args.files:
            try:
                upload(conn, path, args.name)
            except Refused as error:
                console.log(f"Error: {error}")
                status = 1  # the other files may fare better
    sys.exit(status)


class Refused(Exception):
    """This file is not stored; the next one may be."""


def upload(conn, path, name):
    """Sends a file and waits until the server confirms what it has stored."""
    # A name in bytes that are no UTF-8 is sent as far as it is text.
    own_name = os.fsencode(os.path.basename(path)).decode("utf-8", "replace")
    name = own_name if name is None else name
    try:
        names.check(name)
        # (2) open the file
        opened = names.open_local(path)
    except (names.NameRefused, names.OpenError) as error:
        raise Refused(error) from None
    with opened.file:
        with console.context("cannot send the header"):
            # (3) sendall: header length, header
            conn.sendall(header.pack_json({"file_name": name, "file_size": opened.size}))
        with Progress(name, opened.size) as progress:
            # (4) sendall: the file
            md5 = transfer.send_file_hashing(conn, opened, progress)
    with console.context(f"the upload of {name} is unconfirmed"):
        # (5) recv: what was stored
        answer = header.read_json(conn)
        if answer is None:
            raise console.Failure("it closed without an answer")
    if "error" in answer:
        error = header.string(answer, "error")
        raise Refused(f"the server refuses {name}: {error}")
    stored_size, stored_md5 = header.size(answer, "file_size"), header.string(answer, "md5")
    if (stored_size, stored_md5) != (opened.size, md5):
        raise console.Failure(
            f"it stored {name} with {stored_size} bytes and md5 {stored_md5}, sent were {opened.size} and {md5}"
        )


if __name__ == "__main__":
    console.main(main)
