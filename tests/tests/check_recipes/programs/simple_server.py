"""The lesson's first file server: [PORT [FOLDER]], or the lesson's port and the folder `share` beside it."""
import hashlib
import json
import os
import socket
import struct
import sys

SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'share')
port, folder = (sys.argv[1:] + ['9001', SHARE][len(sys.argv) - 1:])[:2]


def send(connection, name):
    path = os.path.join(folder, name)
    with open(path, 'rb') as file:
        content = file.read()
    header = {'filename': name, 'filemd5': hashlib.md5(content).hexdigest(), 'filesize': len(content)}
    header = json.dumps(header).encode()
    connection.sendall(struct.pack('i', len(header)) + header + content)


server = socket.socket()
server.bind(('127.0.0.1', int(port)))
server.listen(5)
while True:
    print('FTP服务器开始运行啦!')
    connection, _ = server.accept()
    try:
        while True:
            command = connection.recv(8096)
            if not command:
                break
            send(connection, command.decode().split()[1])
    except OSError:
        pass
    connection.close()
