using System.Net;
using System.Net.Sockets;
using System.Text;
using MicroVm.Engine.Builds;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Tests.Builds;

/// <summary>Builds whose Dockerfile, or context, a server has.</summary>
public sealed class RemoteContextTests : IAsyncLifetime
{
    private readonly HttpListener _server = new();
    private TestBuilder? _builder;
    private string _address = "";

    public async ValueTask InitializeAsync()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        }

        _server.Prefixes.Add(_address);
        _server.Start();
        _builder = await TestBuilder.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _server.Close();
        await _builder!.DisposeAsync();
    }

    [Fact]
    public async Task ADockerfileAloneIsBuiltWithoutAContext()
    {
        StoredImage image = await BuildAsync("FROM base\nLABEL from=server\n"u8.ToArray());
        Assert.Equal("server", image.Config.Labels["from"]);
    }

    [Fact]
    public async Task AnArchiveIsTheContext()
    {
        StoredImage image = await BuildAsync(TestBuilder.Context(("Dockerfile", "FROM base\nCOPY file /made/\n"), ("file", "of the server")));
        Assert.Contains("made/file 600 0:0 of the server", _builder!.List(image, "made"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADockerfileThatIsTooLargeIsRefused()
    {
        byte[] endless = Encoding.ASCII.GetBytes("FROM base\n" + new string('#', 5 << 20));
        EngineException refused = await Assert.ThrowsAsync<EngineException>(() => BuildAsync(endless));
        Assert.Equal("the Dockerfile is larger than 4 MiB", refused.Message);
        Assert.Empty(_builder!.Leftovers);
    }

    [Fact]
    public async Task AServerThatRefusesIsToldOf()
    {
        EngineException refused = await Assert.ThrowsAsync<EngineException>(() => BuildAsync([], status: 404));
        Assert.StartsWith($"failed to get {_address}context: the server answered 404", refused.Message, StringComparison.Ordinal);
    }

    private async Task<StoredImage> BuildAsync(byte[] answer, int status = 200)
    {
        Task serving = ServeAsync(answer, status);
        StoredImage image = await _builder!.BuildAsync(new BuildRequest { Remote = _address + "context" }, []);
        await serving;
        return image;
    }

    private async Task ServeAsync(byte[] answer, int status)
    {
        HttpListenerContext request = await _server.GetContextAsync();
        request.Response.StatusCode = status;
        request.Response.ContentLength64 = answer.Length;
        await request.Response.OutputStream.WriteAsync(answer);
        request.Response.Close();
    }
}
