"""A sender to a group and a member of it, told what to do by lines on its standard input.

  send ADDRESS TEXT   sends to the group, from this address of the machine
  join                joins the group for all senders
  join SOURCE         joins it for one sender, or for one more
  leave SOURCE        does not hear this one any more
  block SOURCE        shuts one sender out of a group that was joined for all
  unblock SOURCE      lets it in again
  hear                prints the sender and the text of the next datagram that comes to the group's port

Each command is answered by one line, when it has been done.

usage: group_peer.py GROUP PORT INTERFACE
"""
import socket
import struct
import sys

# linux/in.h: MCAST_JOIN_GROUP takes struct group_req, and the others take struct group_source_req.
JOIN_GROUP, CHANGES = 42, {'block': 43, 'unblock': 44, 'join': 46, 'leave': 47}
STORAGE_BYTES = 128

group, port, interface = sys.argv[1], int(sys.argv[2]), sys.argv[3]
index = socket.if_nametoindex(interface)
family, level = (socket.AF_INET6, socket.IPPROTO_IPV6) if ':' in group else (socket.AF_INET, socket.IPPROTO_IP)
member = socket.socket(family, socket.SOCK_DGRAM)
if family == socket.AF_INET6:
    member.setsockopt(level, socket.IPV6_V6ONLY, 1)
member.settimeout(30)
senders = {}


def storage(address):
    """struct sockaddr_storage without a port."""
    head = struct.pack('=HH', family, 0) + (b'\0' * 4 if family == socket.AF_INET6 else b'')
    return (head + socket.inet_pton(family, address)).ljust(STORAGE_BYTES, b'\0')


def sender_from(address):
    if address not in senders:
        sender = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            sender.setsockopt(level, socket.IPV6_MULTICAST_IF, index)
        else:
            sender.setsockopt(level, socket.IP_MULTICAST_IF, struct.pack('=4s4si', b'', b'', index))
        sender.bind((address, 0))
        senders[address] = sender
    return senders[address]


for line in sys.stdin:
    command, *words = line.split()
    if command == 'send':
        sender_from(words[0]).sendto(words[1].encode(), (group, port))
        print('sent')
    elif command == 'hear':
        data, sender = member.recvfrom(65536)
        print('heard', sender[0], data.decode())
    else:
        if member.getsockname()[1] == 0:
            member.bind(('', port))
        # The structures are aligned to a pointer.
        request = struct.pack('@i0P', index) + storage(group) + b''.join(map(storage, words))
        member.setsockopt(level, CHANGES[command] if words else JOIN_GROUP, request)
        print('done')
