"""Echo over TLS. tls_echo.py server CERTIFICATE KEY VERSION [starttls] | tls_echo.py client PORT BYTES ROOT VERSION [starttls]"""
import os
import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
PIECE = 65536


def limited(context, version):
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def read_line(plain):
    line = bytearray()
    while not line.endswith(b"\n"):
        line += plain.recv(1)
    return bytes(line)


def serve(certificate, key, version, begins_plain):
    context = limited(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), version)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        print("port", listener.getsockname()[1])
        accepted, _ = listener.accept()
        accepted.settimeout(30)
        if begins_plain:
            print("asked for", read_line(accepted).decode().strip())
            accepted.sendall(b"go\n")
        with context.wrap_socket(accepted, server_side=True) as served:
            print("version", served.version())
            while data := served.recv(PIECE):
                served.sendall(data)
            served.unwrap()


def talk(port, count, root, version, begins_plain):
    context = limited(ssl.create_default_context(cafile=root), version)
    sent = os.urandom(count)
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    if begins_plain:
        plain.sendall(b"STARTTLS\n")
        print("answered", read_line(plain).decode().strip())
    with context.wrap_socket(plain, server_hostname="localhost") as talker:
        print("version", talker.version())
        received = bytearray()
        # In turn, because OpenSSL allows one thread at a time. A piece and its echo fit into the buffers of the two sockets.
        for begin in range(0, count, PIECE):
            talker.sendall(sent[begin:begin + PIECE])
            while len(received) < min(begin + PIECE, count) and (data := talker.recv(PIECE)):
                received += data
        talker.unwrap()
    print("same" if received == sent else f"differs: {len(received)} of {count}")


starttls = sys.argv[-1] == "starttls"
if sys.argv[1] == "server":
    serve(sys.argv[2], sys.argv[3], sys.argv[4], starttls)
else:
    talk(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], starttls)
