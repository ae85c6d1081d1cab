"""A name server on 127.0.0.1 for one client. It answers questions by the first label of their names:

alias     the address of another name, by way of a CNAME record, with compressed names
lossy     the first question about each type is lost
forged    answers with another number, to another question and cut short come first
cut       the truncation bit is set
unknown   there is no such name
refused   code 5
broken    records that end in the middle
silent    nothing

usage: serve_dns.py
"""
import socket
import struct

A, CNAME, AAAA = 1, 5, 28
ADDRESSES = {A: socket.inet_pton(socket.AF_INET, '192.0.2.7'), AAAA: socket.inet_pton(socket.AF_INET6, '2001:db8::7')}
POINTER_TO_QUESTION = b'\xc0\x0c'

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 0))
print('port', server.getsockname()[1])


def record(name, kind, data):
    return name + struct.pack('!HHIH', kind, 1, 60, len(data)) + data


def message(number, question, records=(), flags=0x8180):
    return struct.pack('!HHHHHH', number, flags, 1, len(records), 0, 0) + question + b''.join(records)


lost = set()
while True:
    data, client = server.recvfrom(512)
    number, flags, questions = struct.unpack_from('!HHH', data)
    assert flags == 0x0100 and questions == 1, (flags, questions)
    question = data[12:]
    word = question[1:1 + question[0]].decode().lower()
    kind = struct.unpack_from('!H', question, len(question) - 4)[0]
    address = record(POINTER_TO_QUESTION, kind, ADDRESSES[kind])
    answers = []
    if word == 'alias':
        target = len(data) + 12
        cname = record(POINTER_TO_QUESTION, CNAME, b'\x05other' + b'\xc0' + bytes([12 + 1 + question[0]]))
        answers = [message(number, question, [cname, record(b'\xc0' + bytes([target]), kind, ADDRESSES[kind])])]
    elif word == 'lossy':
        answers = [message(number, question, [address])] if kind in lost else []
        lost.add(kind)
    elif word == 'forged':
        other = question.replace(b'forged', b'FORGER')
        false = record(POINTER_TO_QUESTION, kind, bytes(len(ADDRESSES[kind])))
        answers = [message(number ^ 1, question, [false]), message(number, other, [false]), data, data[:5], b'',
                   message(number, question, [address])]
    elif word == 'cut':
        answers = [message(number, question, flags=0x8380)]
    elif word == 'unknown':
        answers = [message(number, question, flags=0x8183)]
    elif word == 'refused':
        answers = [message(number, question, flags=0x8185)]
    elif word == 'broken':
        answers = [message(number, question, [address[:-1]])]
    for answer in answers:
        server.sendto(answer, client)
    print('asked', word, kind)
