using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Dns;

/// <summary>The name server of one network, on its gateway's address, UDP and TCP. Its guests are hostile: what each may have it do is bounded.</summary>
public sealed class DnsServer : IAsyncDisposable
{
    private const int Port = 53;
    private const int MaxQuery = 4096;
    private const int MaxConnections = 64;
    private const int MaxConnectionsOfGuest = 4;
    private const int MaxQuestionsWaiting = 256;
    private const int SolSocket = 1;
    private const int BindToDevice = 25;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly GuestShare _shares = new(MaxConnectionsOfGuest);
    private readonly SemaphoreSlim _connections = new(MaxConnections);
    private readonly SemaphoreSlim _questions = new(MaxQuestionsWaiting);
    private readonly Resolver _resolver;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Task _serving;

    /// <param name="device">The bridge: what comes another way is none of a guest's.</param>
    /// <exception cref="SocketException">Another server of the host has the port.</exception>
    public DnsServer(uint address, string device, Resolver resolver)
    {
        _resolver = resolver;
        _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            foreach (Socket socket in (Socket[])[_udp, _tcp])
            {
                // A guest that was away may have left connections behind; the port of UDP is not to be shared.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, socket == _tcp);
                socket.SetRawSocketOption(SolSocket, BindToDevice, Encoding.ASCII.GetBytes(device + '\0'));
                socket.Bind(new IPEndPoint(Ipv4.ToAddress(address), Port));
            }

            _tcp.Listen(MaxConnections);
        }
        catch
        {
            _udp.Dispose();
            _tcp.Dispose();
            throw;
        }

        _serving = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _udp.Dispose();
        _tcp.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[MaxQuery];
        EndPoint any = new IPEndPoint(IPAddress.Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, any, _stop.Token).ConfigureAwait(false);
                if (_questions.Wait(0, CancellationToken.None))
                {
                    _ = AnswerUdpAsync(buffer[..received.ReceivedBytes], (IPEndPoint)received.RemoteEndPoint);
                }
            }
            catch (SocketException)
            {
                // What came back for an answer that nobody took.
            }
        }
    }

    private async Task AnswerUdpAsync(byte[] query, IPEndPoint client)
    {
        try
        {
            if (Ipv4.TryConvert(client.Address, out uint address)
                && await _resolver.AnswerAsync(address, query, overTcp: false, _stop.Token).ConfigureAwait(false) is { } answer)
            {
                await _udp.SendToAsync(answer, SocketFlags.None, client, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It asks again.
        }
        finally
        {
            _questions.Release();
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _connections.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                _ = ServeAsync(await _tcp.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (SocketException)
            {
                _connections.Release(); // Gone before it was taken.
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            using (connection)
            {
                using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await using NetworkStream stream = new(connection);
                await ShareAsync(stream, ((IPEndPoint)connection.RemoteEndPoint!).Address, limit).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Too slow, or gone.
        }
        finally
        {
            _connections.Release();
        }
    }

    private async Task ShareAsync(NetworkStream stream, IPAddress peer, CancellationTokenSource limit)
    {
        if (!Ipv4.TryConvert(peer, out uint client) || !_shares.TryTake(client))
        {
            return;
        }

        try
        {
            await AnswerTcpAsync(stream, client, limit).ConfigureAwait(false);
        }
        finally
        {
            _shares.Release(client);
        }
    }

    private async Task AnswerTcpAsync(NetworkStream stream, uint client, CancellationTokenSource limit)
    {
        limit.CancelAfter(s_idle);
        while (await DnsStream.ReadAsync(stream, MaxQuery, limit.Token).ConfigureAwait(false) is { } query
            && await _resolver.AnswerAsync(client, query, overTcp: true, limit.Token).ConfigureAwait(false) is { } answer)
        {
            await DnsStream.WriteAsync(stream, answer, limit.Token).ConfigureAwait(false);
            limit.CancelAfter(s_idle);
        }
    }
}
