using System.Net.Sockets;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

public sealed class UnixListenerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-sock-").FullName;

    private string SocketPath => Path.Combine(_directory, "mvm.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_socket_is_for_user_and_group_and_goes_with_the_listener()
    {
        using (var listener = new UnixListener(SocketPath, null))
        {
            listener.Listen();
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
                File.GetUnixFileMode(SocketPath));
        }

        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void A_stale_socket_is_replaced()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // .NET removes the file when it disposes a bound socket; a killed process leaves it. A second name does too.
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath));
            File.Move(SocketPath, SocketPath + ".stale");
        }

        File.Move(SocketPath + ".stale", SocketPath);
        using var listener = new UnixListener(SocketPath, null);
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
    }

    [Fact]
    public void A_live_one_is_not_taken_over()
    {
        using var first = new UnixListener(SocketPath, null);
        first.Listen();
        using (var second = new UnixListener(SocketPath, null))
        {
            Assert.Contains("another server answers there", Assert.Throws<IOException>(second.Listen).Message);
        }

        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public void A_file_is_not_overwritten()
    {
        File.WriteAllText(SocketPath, "precious");
        using var listener = new UnixListener(SocketPath, null);
        Assert.Throws<IOException>(listener.Listen);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void A_path_that_is_too_long_is_refused()
    {
        using var listener = new UnixListener(Path.Combine(_directory, new string('x', 120)), null);
        Assert.Contains("cannot listen", Assert.Throws<IOException>(listener.Listen).Message);
    }
}
