"""The lesson's first file client: it stores in the folder `download` beside it."""
import json
import os
import socket
import struct
import time

DOWNLOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'download')
client = socket.socket()
client.connect(('127.0.0.1', 9001))
while True:
    command = input('请输入命令: ')
    if not command:
        continue
    if command == 'quit':
        break
    client.sendall(command.encode())
    length = struct.unpack('i', client.recv(4, socket.MSG_WAITALL))[0]
    print('报头长度', length)
    header = json.loads(client.recv(length, socket.MSG_WAITALL).decode())
    print('报头字典', header)
    size, got, begun = header['filesize'], 0, time.perf_counter()
    with open(os.path.join(DOWNLOAD, header['filename']), 'wb') as file:
        while got < size:
            data = client.recv(1 << 16)
            file.write(data)
            got += len(data)
            done = int(got / size * 100)
            took = time.perf_counter() - begun
            bar = '*' * done + '-' + '.' * (100 - done)
            print('\r{:3.0f}%[{}]共计用时:{:.3f}s'.format(got / size * 100, bar, took), end='')
    print('\n执行结束')
client.close()
