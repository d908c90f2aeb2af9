"""File transfer written as classes: the client.

    python3 ftp-class/python/client.py

Rust: ftp-class/src/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
import file_header
from common import console, files, flags, header, net
from common.files import commands, names, transfer
from common.files.progress import Progress

START = "python3 ftp-class/python/server.py"
FOLDER = Path(__file__).resolve().parents[1]


def main():
    parser = flags.parser("Downloads and uploads files: get NAME, put NAME.")
    parser = flags.timeout(flags.tcp_client(parser, 8080), files.TIMEOUT)
    args = flags.folder(parser, FOLDER, "ftp-class", "the folder with share and download in it").parse_args()
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START, flags.limit(args))
    FtpClient(conn, server, args.dir).run()


class FtpClient:
    """Downloads files into one folder and uploads those of another."""

    def __init__(self, conn, server, folder):
        self.conn = conn
        self.server = server
        self.share = folder / "share"
        self.download = folder / "download"

    def run(self):
        """Asks for commands until the end of input."""
        while True:
            command = console.prompt(">>>:")
            if command is None:
                return
            verb, name = commands.words(command)
            with console.context(f"server {net.shown(self.server)}"):
                if verb == "get":
                    self.get(name)
                elif verb == "put":
                    self.put(name)
                elif verb:
                    console.warn("unknown command: use get NAME, or put NAME")

    def get(self, name):
        """Downloads a file of the server's share into download."""
        try:
            names.check(name)
        except names.NameRefused as error:
            console.warn(error)  # the server would refuse it as well
            return
        with console.context("it has closed the connection"):
            # (2) sendall: the command
            self.conn.sendall(f"get {name}\n".encode())
        # (3) recv: header length, header
        announced = file_header.receive(self.conn)
        if announced is None:
            console.print_line("文件不存在")
            return
        console.print_line(announced)
        size = announced["file_size"]
        try:
            with Progress(name, size) as progress:
                # (4) recv: the file, into the name that was asked for: the server does not choose where files go
                transfer.receive_file(self.conn, self.download, name, size, announced["md5"], progress)
        except transfer.NotStored as error:
            console.warn(error)
            return
        if size:
            console.print_line(f"总大小:{size} 已下载:{size}")
        console.print_line("下载成功!")

    def put(self, name):
        """Uploads a file of share into the server's upload."""
        try:
            # (5) open the file, md5
            opened = names.open_shared(self.share, name)
        except names.NoSuchFile:
            console.print_line("文件不存在")
            return
        except (names.NameRefused, names.OpenError) as error:
            console.warn(error)
            return
        with opened.file:
            md5 = transfer.md5_of(opened)
            packed = header.pack(file_header.encode(name, md5, opened.size))
            with console.context("it has closed the connection"):
                # (6) sendall: the command, header length, header
                self.conn.sendall(f"put {name}\n".encode() + packed)
            with Progress(name, opened.size) as progress:
                # (7) sendfile: the file
                transfer.send_file(self.conn, opened, progress)
        if opened.size:
            console.print_line(f"总大小:{opened.size} 已上传:{opened.size}")
        with console.context(f"the upload of {name} is unconfirmed"):
            # (8) recv: what was stored
            stored = file_header.receive(self.conn)
        if stored is None:
            console.warn(f"the server refuses {name}, its own warning says why")
            return
        if (stored["md5"], stored["file_size"]) != (md5, opened.size):
            sent = {**stored, "md5": md5, "file_size": opened.size}
            raise console.Failure(f"it stored {name} as {stored}, sent was {sent}")
        console.print_line("上传成功!")


if __name__ == "__main__":
    console.main(main)
