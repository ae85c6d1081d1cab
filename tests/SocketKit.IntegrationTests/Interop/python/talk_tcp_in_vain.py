"""A client as the tutorial's, with settimeout, of a server that does not answer. talk_tcp_in_vain.py HOST PORT MESSAGE"""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as talker:
    talker.settimeout(30)
    talker.connect((sys.argv[1], int(sys.argv[2])))
    talker.send(sys.argv[3].encode("utf-8"))
    talker.settimeout(0.2)
    try:
        print("answer:", talker.recv(1024).decode("utf-8"))
    except TimeoutError:
        print("timed out")
