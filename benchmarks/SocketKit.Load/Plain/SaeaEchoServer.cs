using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>
/// The echo server on <see cref="SocketAsyncEventArgs"/>: callbacks, and loops over the operations that complete at once.
/// </summary>
internal sealed class SaeaEchoServer
{
    private readonly PlainServer _server;
    private readonly Socket _listener;

    private SaeaEchoServer(PlainServer server, Socket listener)
    {
        _server = server;
        _listener = listener;
    }

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var server = new PlainServer(arguments);
        using Socket listener = server.Listen("saea");
        using var accepting = new SocketAsyncEventArgs();
        new SaeaEchoServer(server, listener).Accept(accepting);
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Accept(SocketAsyncEventArgs accepting)
    {
        accepting.Completed += (_, completed) => AcceptAll(completed);
        accepting.AcceptSocket = null;
        if (!_listener.AcceptAsync(accepting))
        {
            AcceptAll(accepting);
        }
    }

    /// <summary>Takes the connection that has come, and goes on until one has to be waited for.</summary>
    private void AcceptAll(SocketAsyncEventArgs accepting)
    {
        try
        {
            do
            {
                if (accepting.SocketError != SocketError.Success)
                {
                    return;
                }

                new Connection(accepting.AcceptSocket!, _server.BufferSize, _server.WorkForConnection()).Start();
                accepting.AcceptSocket = null;
            }
            while (!_listener.AcceptAsync(accepting));
        }
        catch (ObjectDisposedException)
        {
            // Told to stop, which closes the listener.
        }
    }

    /// <summary>One connection, which receives and sends in turn and therefore needs only one set of arguments.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "It closes itself when the peer has finished.")]
    private sealed class Connection
    {
        private readonly Socket _socket;
        private readonly byte[] _buffer;
        private readonly Action _work;
        private readonly SocketAsyncEventArgs _operation = new();

        public Connection(Socket socket, int bufferSize, Action work)
        {
            _socket = socket;
            _buffer = new byte[bufferSize];
            _work = work;
            _operation.Completed += (_, _) => Proceed();
        }

        public void Start()
        {
            _socket.NoDelay = true;
            if (!Receive())
            {
                Proceed();
            }
        }

        /// <summary>Handles the operation that is complete, and goes on until one has to be waited for.</summary>
        private void Proceed()
        {
            bool isPending;
            do
            {
                if (_operation.SocketError != SocketError.Success || _operation.BytesTransferred == 0)
                {
                    Close();
                    return;
                }

                isPending = _operation.LastOperation == SocketAsyncOperation.Receive ? Answer() : SendRest();
            }
            while (!isPending);
        }

        private bool Receive()
        {
            _operation.SetBuffer(_buffer, 0, _buffer.Length);
            return _socket.ReceiveAsync(_operation);
        }

        private bool Answer()
        {
            _work();
            _operation.SetBuffer(0, _operation.BytesTransferred);
            return _socket.SendAsync(_operation);
        }

        private bool SendRest()
        {
            int sent = _operation.BytesTransferred;
            if (sent == _operation.Count)
            {
                return Receive();
            }

            _operation.SetBuffer(_operation.Offset + sent, _operation.Count - sent);
            return _socket.SendAsync(_operation);
        }

        private void Close()
        {
            _socket.Dispose();
            _operation.Dispose();
        }
    }
}
