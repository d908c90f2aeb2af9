"""The lesson's telephone with the lesson's fault: a hang-up is taken for a message, for ever."""
import socket

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 8002))
server.listen(5)
while True:
    connection, address = server.accept()
    while True:
        data = connection.recv(1024)
        print('msg=%r addr=%r' % (data, address))
        connection.sendall(data)
