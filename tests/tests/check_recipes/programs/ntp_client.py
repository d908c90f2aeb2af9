"""The lesson's client of the time server: HOST PORT."""
import socket
import sys

server = (sys.argv[1], int(sys.argv[2]))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    client.sendto(input('>>>').encode(), server)
    print(client.recvfrom(65535)[0].decode())
