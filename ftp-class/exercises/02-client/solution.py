"""File transfer written as a class: the client, with a method for each command."""

import hashlib
import os
import socket
import struct
import sys

MAX_HEADER = 64 * 1024
"""The longest header that is accepted, in bytes."""

MAX_SIZE = 2**63 - 1
"""The largest file that is accepted, in bytes."""

BUFFER = 64 * 1024


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    folder = sys.argv[3] if len(sys.argv) > 3 else "."
    try:
        run((host, port), folder)
    except (OSError, ValueError) as error:
        sys.exit(f"error: server {host}:{port}: {error}")


def run(server, folder):
    """Asks for commands until the end of the input."""
    #~ uncomment
    # (1) socket, connect
    conn = socket.create_connection(server)
    with conn, conn.makefile("rb") as stream:
        client = FtpClient(conn, stream, folder)
        while True:
            try:
                line = input(">>>:").strip()
            except EOFError:
                return
            verb, _, name = line.partition(" ")
            if verb == "get" and is_plain(name):
                client.get(name)
            elif verb == "put" and is_plain(name):
                client.put(name)
            elif verb:
                print("error: use get NAME, or put NAME, with a plain name", file=sys.stderr)
    #~ end
    #~ write
    #~| raise NotImplementedError("(1) socket: take the # from the lines above, and this line away")
    #~ end


class FtpClient:
    """Downloads files into one folder and uploads those of another."""

    def __init__(self, conn, stream, folder):
        self.conn = conn
        self.stream = stream
        self.share = os.path.join(folder, "share")
        self.download = os.path.join(folder, "download")
        os.makedirs(self.download, exist_ok=True)

    def get(self, name):
        """Downloads a file of the server's share into download."""
        # (2) sendall: the command
        #~ write
        self.conn.sendall(f"get {name}\n".encode())
        #~ end
        # (3) recv: header length, header
        header = receive_header(self.stream)
        if header is None:
            print("文件不存在", flush=True)
            return
        print(header, flush=True)
        # (4) recv: the file
        if self.store(name, header):
            size = header["file_size"]
            if size:
                print(f"总大小:{size} 已下载:{size}")
            print("下载成功!", flush=True)
        else:
            print(f"error: the md5 is not {header['md5']}: nothing is stored", file=sys.stderr)

    def put(self, name):
        """Uploads a file of share into the server's upload."""
        # (5) open the file, md5
        path = os.path.join(self.share, name)
        if not os.path.isfile(path):
            print("文件不存在", flush=True)
            return
        with open(path, "rb") as file:
            header = header_of(name, file)
            # (6) sendall: the command, header length, header
            #~ write
            self.conn.sendall(f"put {name}\n".encode() + pack(header))
            #~ end
            # (7) sendfile: the file
            self.conn.sendfile(file)
        size = header["file_size"]
        if size:
            print(f"总大小:{size} 已上传:{size}")
        # (8) recv: what was stored
        stored = receive_header(self.stream)
        #~ write
        if stored is None:
            print(f"error: the server refuses {name}", file=sys.stderr)
            return
        if (stored["md5"], stored["file_size"]) != (header["md5"], size):
            raise ValueError(f"it has stored {stored}")
        print("上传成功!", flush=True)
        #~ end

    def store(self, name, header):
        """Receives a file, and gives it its name if its md5 is right. Tells whether it is."""
        path = os.path.join(self.download, name)
        part = f"{path}.part"
        try:
            md5 = receive_file(self.stream, part, header["file_size"])
            if md5 == header["md5"]:
                os.replace(part, path)
            return md5 == header["md5"]
        finally:
            if os.path.exists(part):
                os.remove(part)


def header_of(name, file):
    """The header of a file, which is read to its end and set back to its beginning."""
    md5 = hashlib.md5()
    while block := file.read(BUFFER):
        md5.update(block)
    size = file.tell()
    file.seek(0)
    return {"filename": name, "md5": md5.hexdigest(), "file_size": size}


def pack(header):
    """A header as it goes over the wire: its length in 4 bytes (signed, little-endian), then its bytes."""
    name, md5 = header["filename"].encode(), header["md5"].encode()
    packed = struct.pack("<Q", len(name)) + name
    packed += struct.pack("<Q", len(md5)) + md5
    packed += struct.pack("<Q", header["file_size"])
    return struct.pack("<i", len(packed)) + packed


def receive_header(stream):
    """Receives a header's length and the header. None if the length is 0."""
    data = stream.read(4)
    if len(data) < 4:
        raise OSError("it has hung up instead of answering")
    #~ write
    #~| length = 0
    (length,) = struct.unpack("<i", data)
    if length == 0:
        return None
    if not 0 < length <= MAX_HEADER:
        raise ValueError(f"no header has {length} bytes")
    #~ end
    data = stream.read(length)
    # All but the name has its fixed length: three numbers of 8 bytes, and an md5 of 32.
    name_length = length - 8 - 8 - 32 - 8
    if len(data) < length or name_length < 0:
        raise ValueError("a header that is cut off")
    name_said, name, md5_said, md5, size = struct.unpack(f"<Q{name_length}sQ32sQ", data)
    if (name_said, md5_said) != (name_length, 32) or size > MAX_SIZE:
        raise ValueError("a header with wrong lengths, or a size that cannot be")
    return {"filename": name.decode(), "md5": md5.decode(), "file_size": size}


def is_plain(name):
    """Whether a name is one component of a path."""
    return name not in ("", ".", "..") and "/" not in name and "\\" not in name


def receive_file(stream, path, size):
    """Receives the size bytes of a file, not one more, and tells their md5."""
    md5 = hashlib.md5()
    left = size
    with open(path, "wb") as file:
        while left > 0:
            data = stream.read(min(left, BUFFER))
            if not data:
                raise OSError(f"it has hung up {left} bytes before the end of the file")
            file.write(data)
            md5.update(data)
            left -= len(data)
    return md5.hexdigest()


try:
    main()
except KeyboardInterrupt:
    pass
