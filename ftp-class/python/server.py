"""File transfer written as classes: the server.

    python3 ftp-class/python/server.py

Rust: ftp-class/src/server.rs
"""

import contextlib
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
import file_header
from common import console, files, flags, header, net
from common.files import commands, names, transfer
from common.files.partial_file import discard_unfinished

FOLDER = Path(__file__).resolve().parents[1]

MAX_COMMAND = 4096
"""The longest command, in bytes without its newline."""


def main():
    parser = flags.parser("Serves files to download, stores those that clients upload.")
    parser = flags.timeout(flags.tcp_server(parser, 8080, files.BACKLOG), files.TIMEOUT)
    args = flags.folder(parser, FOLDER, "ftp-class", "the folder with share and upload in it").parse_args()
    server = FtpServer(args.dir, flags.limit(args))
    # (1) socket, setsockopt SO_REUSEADDR, bind, listen
    server.run(net.listener(args))


class FtpServer:
    """Serves the files of one folder and stores uploads in another."""

    def __init__(self, folder, limit):
        self.share = folder / "share"
        self.upload = folder / "upload"
        self.limit = limit
        names.check_folder(self.share)

    def run(self, listener):
        """Serves for ever, each client in a thread of its own."""
        console.print_line("starting...")
        try:
            while True:
                # (2) accept
                conn, peer = listener.accept()
                console.print_line(peer)
                conn.settimeout(self.limit)
                net.converse_in_thread(conn, peer, self.converse)
        finally:
            discard_unfinished()

    def converse(self, conn, peer):
        """The conversation with one client, until it hangs up."""
        reader = commands.Commands(conn, MAX_COMMAND)
        while True:
            # (3) recv: a command
            command = reader.next_command()
            if command is None:
                return
            # The lesson's server calls whatever attribute the command names. Here the commands are matched, and
            # there are these two.
            verb, name = commands.words(command.decode("utf-8", "replace"))
            if verb == "get":
                self.get(conn, peer, name)
            elif verb == "put":
                self.put(conn, peer, reader)
            else:
                console.warn(f"{net.shown(peer)}: unknown command {verb!r}")

    def get(self, conn, peer, name):
        """Sends a file of share."""
        try:
            # (4) open the file, md5
            opened = names.open_shared(self.share, name)
            md5 = transfer.md5_of(opened)
        except console.Failure as error:
            console.warn(f"{net.shown(peer)}: {error}")
            conn.sendall(bytes(4))  # a length of 0: there is no such file
            return
        with opened.file:
            with console.context("cannot send the answer"):
                # (5) sendall: header length, header
                conn.sendall(header.pack(file_header.encode(name, md5, opened.size)))
            # (6) sendfile: the file
            transfer.send_file(conn, opened)

    def put(self, conn, peer, stream):
        """Stores a file in upload."""
        try:
            # (7) recv: header length, header
            announced = file_header.receive(stream)
            if announced is None:
                raise header.HeaderError("bad header: it is empty")
        except header.HeaderError:
            # Nobody knows where the next command would begin.
            with contextlib.suppress(OSError):
                conn.sendall(bytes(4))
            net.hang_up(conn)
            raise
        console.print_line(announced)
        name, md5, size = announced["filename"], announced["md5"], announced["file_size"]
        try:
            # (8) recv: the file
            stored = transfer.receive_file(stream, self.upload, name, size, md5)
        except transfer.NotStored as error:
            console.warn(f"{net.shown(peer)}: {error}")
            conn.sendall(bytes(4))  # a length of 0: nothing was stored
            return
        with console.context("cannot send the answer"):
            # (9) sendall: what was stored
            conn.sendall(header.pack(file_header.encode(name, stored, size)))


if __name__ == "__main__":
    console.main(main)
