using System.Net.Sockets;
using MicroVm.Daemon.Interop;

namespace MicroVm.Daemon.Http;

/// <summary>
/// The API's listening socket. Its file is there from <see cref="Listen"/> to <see cref="Dispose"/>, with mode 0660:
/// who may write to it is root by way of this daemon.
/// </summary>
/// <param name="group">Group that may connect besides the user; null: the user's own.</param>
internal sealed class UnixListener(string path, uint? group) : IDisposable
{
    private const int Backlog = 512;
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private bool _bound;

    public string Path { get; } = path;

    /// <summary>Throws <see cref="IOException"/> when another server listens there or the path can't be used.</summary>
    public void Listen()
    {
        RemoveStale();
        try
        {
            // The process's umask (077) keeps others out until the mode is set.
            _socket.Bind(new UnixDomainSocketEndPoint(Path));
            _bound = true;
            SetAccess();
            _socket.Listen(Backlog);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new IOException($"cannot listen on {Path}: {e.Message}", e);
        }
    }

    public ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken) => _socket.AcceptAsync(cancellationToken);

    public void Dispose()
    {
        _socket.Dispose();
        if (_bound)
        {
            _bound = false;
            File.Delete(Path);
        }
    }

    private void SetAccess()
    {
        if (group is { } id)
        {
            // Not being allowed to leaves the socket to the user alone, which is safe.
            _ = Libc.ChangeOwner(Path, uint.MaxValue, id);
        }

        File.SetUnixFileMode(Path, SocketMode);
    }

    /// <summary>A socket that nobody answers is what a killed daemon left.</summary>
    private void RemoveStale()
    {
        if (!File.Exists(Path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(Path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            if (new FileInfo(Path).Length > 0)
            {
                throw new IOException($"cannot listen on {Path}: it is a file and no socket");
            }

            File.Delete(Path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"cannot listen on {Path}: {e.Message}", e);
        }

        throw new IOException($"cannot listen on {Path}: another server answers there");
    }
}
