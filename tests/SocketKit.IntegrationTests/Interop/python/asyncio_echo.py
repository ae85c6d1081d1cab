"""Echo over asyncio streams. asyncio_echo.py server | asyncio_echo.py client PORT BYTES"""
import asyncio
import os
import sys


async def serve():
    ended = asyncio.Event()

    async def echo(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1])
    await asyncio.wait_for(ended.wait(), 30)
    server.close()


async def talk(port, count):
    sent = os.urandom(count)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def push():
        writer.write(sent)
        await writer.drain()
        writer.write_eof()

    _, received = await asyncio.wait_for(asyncio.gather(push(), reader.read()), 30)
    writer.close()
    print("same" if received == sent else f"differs: {len(received)} of {count}")


if sys.argv[1] == "server":
    asyncio.run(serve())
else:
    asyncio.run(talk(int(sys.argv[2]), int(sys.argv[3])))
