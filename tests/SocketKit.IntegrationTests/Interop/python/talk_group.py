"""Sends words to a group from an address of this machine, by its interface. usage: talk_group.py GROUP PORT ADDRESS WORD..."""
import socket
import sys

group, port, address, *words = sys.argv[1:]
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind((address, 0))
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
for word in words:
    sender.sendto(word.encode(), (group, int(port)))
