"""The basic server: takes one message from one client, answers it and ends."""
import socket

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    listener.settimeout(30)
    listener.bind(("localhost", 0))
    listener.listen(5)
    print("port", listener.getsockname()[1])
    served, address = listener.accept()
    with served:
        served.settimeout(30)
        print("message:", served.recv(1024).decode("utf-8"))
        served.send("谢谢你!".encode("utf-8"))
