// Echo over TLS. tls_echo.js server CERTIFICATE KEY VERSION | tls_echo.js client PORT BYTES ROOT VERSION
const fs = require('fs');
const tls = require('tls');

const [role, ...rest] = process.argv.slice(2);
const limited = version => ({ minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` });

function serve(certificate, key, version) {
    const options = { cert: fs.readFileSync(certificate), key: fs.readFileSync(key), ...limited(version) };
    const server = tls.createServer(options, socket => {
        console.log('version', socket.getProtocol());
        socket.pipe(socket);
        socket.on('close', () => server.close());
    });
    server.listen(0, '127.0.0.1', () => console.log('port', server.address().port));
}

function ask(port, bytes, root, version) {
    const sent = Buffer.alloc(Number(bytes), 'bytes of a client');
    const received = [];
    let count = 0;
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca: fs.readFileSync(root), ...limited(version) };
    const socket = tls.connect(options, () => {
        console.log('version', socket.getProtocol());
        socket.write(sent);
    });
    socket.on('data', part => {
        received.push(part);
        count += part.length;
        if (count >= sent.length) {
            socket.end();
        }
    });
    socket.on('end', () => console.log(Buffer.concat(received).equals(sent) ? 'same' : 'different'));
}

(role === 'server' ? serve : ask)(...rest);
