"""A file client as the lesson's, a class, with the header of ftp-class: `share` and `download` are beside it."""
import hashlib
import os
import socket
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def pack(name, md5, size):
    header = b''.join(struct.pack('<Q', len(text)) + text for text in (name.encode(), md5.encode()))
    header += struct.pack('<Q', size)
    return struct.pack('i', len(header)) + header


class Client:
    def __init__(self, address):
        self.stream = socket.create_connection(address).makefile('rwb')

    def run(self):
        while True:
            line = input('>>>:').strip()
            if line:
                verb, name = line.split(' ', 1)
                {'get': self.get, 'put': self.put}[verb](line, name)

    def send(self, data):
        self.stream.write(data)
        self.stream.flush()

    def header(self):
        header = self.stream.read(struct.unpack('i', self.stream.read(4))[0])
        if not header:
            return None
        length = struct.unpack_from('<Q', header)[0]
        size = struct.unpack('<Q', header[-8:])[0]
        return {'filename': header[8:8 + length].decode(), 'md5': header[-40:-8].decode(), 'file_size': size}

    def get(self, line, name):
        self.send(line.encode() + b'\n')
        header = self.header()
        if header is None:
            print('文件不存在')
            return
        print(header)
        size, got = header['file_size'], 0
        with open(os.path.join(HERE, 'download', name), 'wb') as file:
            while got < size:
                data = self.stream.read1(min(size - got, 1 << 16))
                file.write(data)
                got += len(data)
                print('总大小:%s 已下载:%s' % (size, got))
        print('下载成功!')

    def put(self, line, name):
        path = os.path.join(HERE, 'share', name)
        if not os.path.isfile(path):
            print('文件不存在')
            return
        with open(path, 'rb') as file:
            content = file.read()
        size = len(content)
        self.send(line.encode() + b'\n' + pack(name, hashlib.md5(content).hexdigest(), size) + content)
        if size:
            print('总大小:%s 已上传:%s' % (size, size))
        self.header()
        print('上传成功!')


Client(('127.0.0.1', 8080)).run()
