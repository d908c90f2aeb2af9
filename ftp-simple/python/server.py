"""Serves the files of a folder. Each goes out behind a header that tells where it ends.

    python3 ftp-simple/python/server.py

Rust: ftp-simple/src/bin/server.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, files, flags, header, net
from common.files import commands, names, stalls, transfer

SHARE = Path(__file__).resolve().parents[1] / "share"

MAX_COMMAND = 8192
"""The longest command, in bytes."""


def main():
    parser = flags.timeout(flags.tcp_server(flags.parser(__doc__), 9001, files.BACKLOG), files.TIMEOUT)
    args = flags.folder(parser, SHARE, "ftp-simple/share", "the shared folder").parse_args()
    names.check_folder(args.dir)
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    listener = net.listener(args)
    while True:
        console.print_line("FTP服务器开始运行啦!")
        # (2) accept; each client has a thread of its own
        conn, peer = listener.accept()
        conn.settimeout(flags.limit(args))
        net.converse_in_thread(conn, peer, converse, args.dir)


def converse(conn, peer, share):
    """The conversation with one client, until it hangs up."""
    reader = commands.Commands(conn, MAX_COMMAND, ended_by_pause=True)
    while True:
        try:
            # (3) recv: a command
            command = reader.next_command()
        except commands.TooLong as error:
            conn.sendall(refusal(error))
            net.hang_up(conn)
            raise
        if command is None:
            return
        try:
            # (4) open the file, md5
            frame, opened = prepare(command, share)
        except console.Failure as error:
            console.warn(f"{net.shown(peer)}: {error}")
            frame, opened = refusal(error), None
        with console.context("cannot send the answer"):
            # (5) sendall: header length, header; for ls the list too, which may be as long as a file
            stalls.send_unless_stalled(conn, frame)
        if opened:
            with opened.file:
                # (6) sendfile: the file
                transfer.send_file(conn, opened)


def prepare(command, share):
    """What answers a command: a header in a frame, for ls with the list, and the file of get."""
    try:
        verb, name = commands.words(command.decode())
    except UnicodeDecodeError:
        raise console.Failure("bad command: it is not UTF-8") from None
    if verb == "get":
        opened = names.open_shared(share, name)
        md5 = transfer.md5_of(opened)
        return header.pack_json({"filename": name, "filemd5": md5, "filesize": opened.size}), opened
    if (verb, name) == ("ls", ""):
        listing = "".join(f"{name}\n" for name in names.list_shared(share)).encode()
        return header.pack_json({"listsize": len(listing)}, listing), None
    raise console.Failure("unknown command: use get NAME, or ls")


def refusal(why):
    return header.pack_json({"error": str(why)})


if __name__ == "__main__":
    console.main(main)
