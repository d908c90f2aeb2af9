"""The lesson's UDP echo server: PORT."""
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', int(sys.argv[1])))
while True:
    data, client = server.recvfrom(65535)
    print(data)
    server.sendto(data.upper(), client)
