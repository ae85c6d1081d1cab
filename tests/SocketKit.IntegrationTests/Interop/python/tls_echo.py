"""Echo over TLS. tls_echo.py server CERTIFICATE KEY VERSION [starttls] | tls_echo.py client PORT BYTES ROOT VERSION [starttls]"""
import os
import socket
import ssl
import sys
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


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
            while data := served.recv(65536):
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
        pusher = threading.Thread(target=talker.sendall, args=(sent,))
        pusher.start()
        received = bytearray()
        while len(received) < count and (data := talker.recv(65536)):
            received += data
        pusher.join()
        talker.unwrap()
    print("same" if received == sent else f"differs: {len(received)} of {count}")


starttls = sys.argv[-1] == "starttls"
if sys.argv[1] == "server":
    serve(sys.argv[2], sys.argv[3], sys.argv[4], starttls)
else:
    talk(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], starttls)
