"""Echo over blocking sockets. plain_echo.py server | plain_echo.py client PORT BYTES"""
import os
import socket
import sys
import threading


def serve():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        print("port", listener.getsockname()[1])
        served, _ = listener.accept()
        with served:
            served.settimeout(30)
            while data := served.recv(65536):
                served.sendall(data)


def talk(port, count):
    sent = os.urandom(count)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as talker:
        def push():
            talker.sendall(sent)
            talker.shutdown(socket.SHUT_WR)

        pusher = threading.Thread(target=push)
        pusher.start()
        received = bytearray()
        while data := talker.recv(65536):
            received += data
        pusher.join()
    print("same" if received == sent else f"differs: {len(received)} of {count}")


if sys.argv[1] == "server":
    serve()
else:
    talk(int(sys.argv[2]), int(sys.argv[3]))
