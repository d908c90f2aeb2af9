"""Downloads files, each into the name that was asked for, if its md5 is right.

    python3 ftp-simple/python/client.py

Rust: ftp-simple/src/bin/client.rs
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "common" / "python"))
from common import console, files, flags, header, net
from common.files import commands, names, transfer
from common.files.progress import Progress, star_line

START = "python3 ftp-simple/python/server.py"
DOWNLOAD = Path(__file__).resolve().parents[1] / "download"

MAX_LIST = 16 * 1024 * 1024
"""The longest list of files that is accepted, in bytes."""


def main():
    parser = flags.parser("Downloads files: get NAME, ls, quit.")
    parser = flags.timeout(flags.tcp_client(parser, 9001), files.TIMEOUT)
    args = flags.folder(parser, DOWNLOAD, "ftp-simple/download", "where the files are stored").parse_args()
    # (1) socket, connect
    conn, server = net.connect_tcp(args, START, flags.limit(args))
    while True:
        line = console.prompt("请输入命令: ")
        command = "quit" if line is None else line.strip()
        if command == "quit":
            return
        if command:
            with console.context(f"server {net.shown(server)}"):
                ask(conn, command, args.dir)


def ask(conn, command, download):
    """Sends a command and receives what answers it."""
    verb, name = commands.words(command)
    if verb == "get":
        try:
            names.check(name)
        except names.NameRefused as error:
            console.warn(error)  # the server would refuse it as well
            return
    with console.context("it has closed the connection"):
        # (2) sendall: the command
        conn.sendall(f"{command}\n".encode())
    # (3) recv: header length, header
    fields = receive_header(conn)
    if "error" in fields:
        error = header.string(fields, "error")
        console.warn(f"the server refuses: {error}")
    elif "listsize" in fields:
        listing = header.read_body(conn, header.size(fields, "listsize"), MAX_LIST)
        console.print_text(console.decode_printable(listing))
    else:
        # (4) recv: the file
        receive_file(conn, fields, name, download)


def receive_header(conn):
    """The server's next header, printed as the lesson prints it."""
    length = header.read_length(conn)
    if length is None:
        raise console.Failure("it closed instead of answering, as the lesson's own does when it refuses a command")
    console.print_line(f"报头长度 {length}")
    fields = header.parse_json(header.read_header(conn, length))
    console.print_line(f"报头字典 {fields}")
    return fields


def receive_file(conn, fields, name, download):
    """Stores the file that follows the header."""
    size = header.size(fields, "filesize")
    md5 = header.string(fields, "filemd5")
    try:
        with Progress(name, size) as progress:
            transfer.receive_file(conn, download, name, size, md5, progress)
            seconds = progress.seconds()
    except transfer.NotStored as error:
        console.warn(error)
        return
    if size:
        console.print_text(star_line(size, size, seconds))
    console.print_line("\n执行结束")


if __name__ == "__main__":
    console.main(main)
