#!/usr/bin/env python3
"""The lesson's time server, in few lines: [--port] PORT, or the lesson's own."""
import socket
import sys
import time

port = int(sys.argv[-1]) if len(sys.argv) > 1 else 8080
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', port))
while True:
    data, client = server.recvfrom(65535)
    wanted = data.decode()
    print('收到客户端的命令是', wanted)
    server.sendto(time.strftime(wanted or '%Y-%m-%d %X').encode(), client)
