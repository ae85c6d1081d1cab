"""A network device beyond which everybody's datagrams come back, and the way there is bad.

What is sent to 10.70.0.2 or fd70::2 comes back from there to the device's own address (10.70.0.1, fd70::1), to the port that it was sent
to: the two addresses of the packet change places, which leaves its checksums right. On the way datagrams are lost, doubled and delayed by
chance. Each datagram starts with its number (4 bytes). After as many datagrams as the first argument says, this program prints the numbers
in the order in which it gave them back, and begins again.

usage: bad_network.py COUNT PERCENT SEED     in a network namespace of its own; needs root and /dev/net/tun
"""
import fcntl
import os
import random
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN_NO_PI = 0x1001
UDP = 17
MOST_DELAYED_BY = 8


def swap(packet):
    """The packet on its way back and its number; None for what is no datagram."""
    if packet[0] >> 4 == 4 and packet[9] == UDP:
        start, size, head = 12, 4, (packet[0] & 15) * 4
    elif packet[0] >> 4 == 6 and packet[6] == UDP:
        start, size, head = 8, 16, 40
    else:
        return None, 0
    middle, end = start + size, start + 2 * size
    back = packet[:start] + packet[middle:end] + packet[start:middle] + packet[end:]
    return back, struct.unpack_from('!I', packet, head + 8)[0]


count, chance = int(sys.argv[1]), int(sys.argv[2]) / 100
dice = random.Random(int(sys.argv[3]))
tun = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH', b'bad0', IFF_TUN_NO_PI))
for command in ('link set bad0 txqueuelen 10000 mtu 1500', 'addr add 10.70.0.1/24 dev bad0', 'addr add fd70::1/64 dev bad0 nodad',
                'link set bad0 up'):
    subprocess.run(['ip', *command.split()], check=True)
print('ready')

while True:
    seen, lost, doubled, delayed, order, waiting = 0, 0, 0, 0, [], []

    def give_back(packet, number):
        os.write(tun, packet)
        order.append(number)

    while seen < count:
        packet, number = swap(os.read(tun, 65536))
        if packet is None:
            continue
        seen += 1
        if dice.random() < chance:
            lost += 1
        elif dice.random() < chance:
            delayed += 1
            waiting.append((seen + dice.randint(1, MOST_DELAYED_BY), packet, number))
        else:
            give_back(packet, number)
            if dice.random() < chance:
                doubled += 1
                give_back(packet, number)
        for late in [late for late in waiting if late[0] <= seen or seen == count]:
            waiting.remove(late)
            give_back(*late[1:])
    print('lost', lost, 'doubled', doubled, 'delayed', delayed)
    print('order', *order)
