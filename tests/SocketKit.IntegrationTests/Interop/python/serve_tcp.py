"""A server as the tutorial's: answers one client until it leaves, then ends. serve_tcp.py [REPEAT]: how often the message is repeated."""
import codecs
import socket
import sys

repeat = int(sys.argv[1]) if len(sys.argv) > 1 else 1
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    listener.settimeout(30)
    listener.bind(("localhost", 0))
    listener.listen(5)
    print("port", listener.getsockname()[1])
    served, address = listener.accept()
    with served:
        served.settimeout(30)
        decoder = codecs.getincrementaldecoder("utf-8")()
        while data := served.recv(1024):
            message = decoder.decode(data)
            print("message:", message)
            served.sendall(f"你好，客户端！你发送了：{message * repeat}".encode("utf-8"))
print("done")
