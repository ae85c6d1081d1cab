"""A client as the tutorial's: one sendto and one recvfrom per message. talk_udp.py HOST PORT MESSAGE..."""
import socket
import sys

server = (sys.argv[1], int(sys.argv[2]))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
    talker.settimeout(30)
    for message in sys.argv[3:]:
        talker.sendto(message.encode("utf-8"), server)
        data, server = talker.recvfrom(65535)
        print("answer:", data.decode("utf-8"))
print("done")
