"""Joins a group on loopback and prints so many datagrams, with the hops that they had left. usage: join_group.py GROUP PORT COUNT"""
import socket
import struct
import sys

IP_RECVTTL = 12  # linux/in.h

group, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
member.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton('127.0.0.1'))
member.bind(('', port))
for _ in range(count):
    data, ancillary, _, _ = member.recvmsg(65536, 64)
    ttl = [struct.unpack('i', value)[0] for level, kind, value in ancillary if (level, kind) == (socket.IPPROTO_IP, socket.IP_TTL)]
    print(f'ttl {ttl[0]}: {data.decode()}')
