"""A client as the tutorial's: one send and one recv(1024) per message. talk_tcp.py HOST PORT MESSAGE..."""
import socket
import sys

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as talker:
    talker.settimeout(30)
    talker.connect((sys.argv[1], int(sys.argv[2])))
    for message in sys.argv[3:]:
        talker.send(message.encode("utf-8"))
        print("answer:", talker.recv(1024).decode("utf-8"))
print("done")
