"""The lesson's TCP echo server: PORT."""
import socket
import sys

server = socket.socket()
server.bind(('127.0.0.1', int(sys.argv[1])))
server.listen(5)
while True:
    connection, _ = server.accept()
    while True:
        try:
            data = connection.recv(1024)
        except ConnectionResetError:
            break
        if not data:
            break
        print(data)
        connection.sendall(data.upper())
    connection.close()
