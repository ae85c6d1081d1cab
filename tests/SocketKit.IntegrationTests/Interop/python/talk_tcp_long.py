"""Sends a text that recv(1024) cuts inside characters, and prints the whole answer. talk_tcp_long.py HOST PORT CHARACTERS"""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as talker:
    talker.settimeout(30)
    talker.connect((sys.argv[1], int(sys.argv[2])))
    talker.sendall(("汉" * int(sys.argv[3])).encode("utf-8"))
    talker.shutdown(socket.SHUT_WR)
    answer = b""
    while data := talker.recv(65536):
        answer += data
print("answer:", answer.decode("utf-8"))
