"""A server as the tutorial's: answers the given number of datagrams, then ends. serve_udp.py COUNT"""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.settimeout(30)
    server.bind(("localhost", 0))
    print("port", server.getsockname()[1])
    for _ in range(int(sys.argv[1])):
        data, client = server.recvfrom(1024)
        message = data.decode("utf-8")
        print("message:", message)
        server.sendto(f"你好，客户端！你发送了：{message}".encode("utf-8"), client)
print("done")
