"""A file server as the lesson's, a class, with the header of ftp-class: `share` and `upload` are beside it."""
import hashlib
import os
import socket
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def pack(name, md5, size):
    header = b''.join(struct.pack('<Q', len(text)) + text for text in (name.encode(), md5.encode()))
    header += struct.pack('<Q', size)
    return struct.pack('i', len(header)) + header


class Server:
    def __init__(self, address):
        self.socket = socket.socket()
        self.socket.bind(address)
        self.socket.listen(5)

    def run(self):
        print('starting...')
        while True:
            connection, address = self.socket.accept()
            print(address)
            self.stream = connection.makefile('rwb')
            try:
                for line in self.stream:
                    verb, name = line.decode().rstrip('\n').split(' ', 1)
                    {'get': self.get, 'put': self.put}[verb](name)
                    self.stream.flush()
            except OSError:
                pass
            connection.close()

    def get(self, name):
        path = os.path.join(HERE, 'share', name)
        if not os.path.isfile(path):
            self.stream.write(struct.pack('i', 0))
            return
        with open(path, 'rb') as file:
            content = file.read()
        self.stream.write(pack(name, hashlib.md5(content).hexdigest(), len(content)) + content)

    def put(self, _):
        header = self.stream.read(struct.unpack('i', self.stream.read(4))[0])
        length = struct.unpack_from('<Q', header)[0]
        name, md5 = header[8:8 + length].decode(), header[-40:-8].decode()
        size = struct.unpack('<Q', header[-8:])[0]
        print({'filename': name, 'md5': md5, 'file_size': size})
        content = self.stream.read(size)
        with open(os.path.join(HERE, 'upload', name), 'wb') as file:
            file.write(content)
        self.stream.write(pack(name, hashlib.md5(content).hexdigest(), size))


Server(('127.0.0.1', 8080)).run()
