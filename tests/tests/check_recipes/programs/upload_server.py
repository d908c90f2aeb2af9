"""The lesson's upload server: it stores in the folder in which it is started."""
import json
import socket
import struct

server = socket.socket()
server.bind(('127.0.0.1', 8080))
server.listen(5)
while True:
    connection, _ = server.accept()
    stream = connection.makefile('rb')
    while True:
        length = stream.read(4)
        if not length:
            break
        header = json.loads(stream.read(struct.unpack('i', length)[0]).decode())
        with open(header['file_name'], 'wb') as file:
            file.write(stream.read(header['file_size']))
    connection.close()
