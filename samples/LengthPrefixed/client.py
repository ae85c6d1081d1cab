"""The client of the sample LengthPrefixed: python3 client.py localhost 12345"""
import socket
import struct
import sys


def send(connection, message):
    # '>I' is four bytes, the highest first.
    connection.sendall(struct.pack('>I', len(message)) + message)


def receive_exactly(connection, count):
    data = b''
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError('the server has finished in mid-message')
        data += part
    return data


def receive(connection):
    (length,) = struct.unpack('>I', receive_exactly(connection, 4))
    return receive_exactly(connection, length)


def main(host, port):
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        texts = ['hello', '', 'two\nlines', 'ä' * 1000]
        for text in texts:
            send(connection, text.encode())
        for text in texts:
            answer = receive(connection).decode()
            assert answer == text.upper(), answer
            print(f'[python] {len(text)} characters → {len(answer)}')


if __name__ == '__main__':
    main(*sys.argv[1:])
