"""The basic server: takes one message from one client, answers it and ends. serve_once.py [HOST]"""
import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as listener:
    listener.settimeout(30)
    listener.bind((host, 0))
    listener.listen(5)
    print("port", listener.getsockname()[1])
    served, address = listener.accept()
    with served:
        served.settimeout(30)
        print("message:", served.recv(1024).decode("utf-8"))
        served.send("谢谢你!".encode("utf-8"))
