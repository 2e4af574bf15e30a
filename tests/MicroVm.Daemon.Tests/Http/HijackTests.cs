using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

public class HijackTests
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

    private static Task<HijackedStream> HijackAsync(HttpContext context)
    {
        IHijackFeature feature = context.Features.GetRequiredFeature<IHijackFeature>();
        context.Response.StatusCode = feature.IsUpgradeRequested ? 101 : 200;
        context.Response.ContentType = "application/vnd.docker.raw-stream";
        return feature.HijackAsync(context.RequestAborted);
    }

    /// <summary>Reads to the client's half-close, then answers.</summary>
    private static async Task AnswerAtEnd(HttpContext context)
    {
        HijackedStream stream = await HijackAsync(context);
        using var input = new MemoryStream();
        await stream.CopyToAsync(input);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"got {input.Length} "));
        await stream.WriteAsync(input.ToArray());
    }

    [Fact]
    public async Task After_a_half_close_the_answer_still_comes()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(AnswerAtEnd);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST /attach HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\nearly ");
        RawResponse head = new(await client.ReadHeadAsync(), "");
        Assert.Equal((101, "Upgrade", "tcp"), (head.Status, head.Header("Connection"), head.Header("Upgrade")));
        await client.SendAsync("late");
        client.HalfClose();
        Assert.Equal("got 10 early late", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData("Content-Length: 2\r\n", "{}")]
    [InlineData("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    public async Task A_request_body_comes_before_the_stream(string framing, string body)
    {
        string read = "";
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            read = await reader.ReadToEndAsync();
            await AnswerAtEnd(context);
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST /exec HTTP/1.1\r\nHost: x\r\n{Upgrade}{framing}\r\n{body}raw");
        await client.ReadHeadAsync();
        client.HalfClose();
        Assert.Equal("got 3 raw", await client.ReadToEndAsync());
        Assert.Equal("{}", read);
    }

    [Fact]
    public async Task A_body_that_the_handler_leaves_is_no_part_of_the_stream()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(AnswerAtEnd);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{Upgrade}\r\n{{}}raw");
        await client.ReadHeadAsync();
        client.HalfClose();
        Assert.Equal("got 3 raw", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_upgrade_the_answer_is_200_without_a_length()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(AnswerAtEnd);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\n\r\nabc");
        RawResponse head = new(await client.ReadHeadAsync(), "");
        Assert.Equal(200, head.Status);
        Assert.Null(head.Header("Content-Length"));
        Assert.Null(head.Header("Transfer-Encoding"));
        client.HalfClose();
        Assert.Equal("got 3 abc", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Our_half_close_leaves_the_other_direction_open()
    {
        var received = new TaskCompletionSource<string>();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            HijackedStream stream = await HijackAsync(context);
            await stream.WriteAsync("bye"u8.ToArray());
            stream.CompleteWrites();
            using var reader = new StreamReader(stream);
            received.SetResult(await reader.ReadToEndAsync());
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\n");
        await client.ReadHeadAsync();
        Assert.Equal("bye", await client.ReadToEndAsync());
        await client.SendAsync("still here");
        client.HalfClose();
        Assert.Equal("still here", await received.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Unread_input_does_not_turn_the_end_into_an_error()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            HijackedStream stream = await HijackAsync(context);
            await stream.WriteAsync("done"u8.ToArray());
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\n" + new string('x', 50_000));
        await client.ReadHeadAsync();
        Assert.Equal("done", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_closes_aborts_even_when_nobody_reads(bool halfClosedFirst)
    {
        var begun = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            await HijackAsync(context);
            using CancellationTokenRegistration end = context.RequestAborted.Register(aborted.SetResult);
            begun.SetResult();
            await aborted.Task;
        });
        RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\nunread");
        await client.ReadHeadAsync();
        await begun.Task;
        if (halfClosedFirst)
        {
            client.HalfClose();
        }

        Assert.False(aborted.Task.IsCompleted);
        client.Dispose();
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_half_close_alone_does_not_abort_a_long_poll()
    {
        var go = new TaskCompletionSource();
        bool aborted = true;
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            await context.Response.StartAsync();
            await go.Task;
            aborted = context.RequestAborted.IsCancellationRequested;
            await context.Response.WriteAsync("{}");
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("POST /wait HTTP/1.1\r\nHost: x\r\n\r\n");
        client.HalfClose();
        await client.ReadHeadAsync();
        go.SetResult();
        Assert.Equal("{}", await client.ReadChunkAsync());
        Assert.False(aborted);
    }

    [Fact]
    public async Task Stopping_cuts_streams_and_lets_answers_end()
    {
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/stream")
            {
                await context.Response.StartAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            if (context.Request.Path == "/answer")
            {
                begun.SetResult();
                await go.Task;
            }

            await context.Response.WriteAsync("whole");
        });
        using RawHttpClient stream = await server.ConnectAsync();
        await stream.SendAsync("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
        await stream.ReadHeadAsync();
        using RawHttpClient answer = await server.ConnectAsync();
        await answer.SendAsync("GET /answer HTTP/1.1\r\nHost: x\r\n\r\n");
        await begun.Task;
        using RawHttpClient idle = await server.ConnectAsync();
        await idle.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("whole", (await idle.ReadResponseAsync()).Body);
        Task stop = server.StopAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("", await stream.ReadToEndAsync());
        Assert.Equal("", await idle.ReadToEndAsync());
        go.SetResult();
        RawResponse response = await answer.ReadResponseAsync();
        Assert.Equal(("whole", "close"), (response.Body, response.Header("Connection")));
        await stop;
        Assert.False(File.Exists(server.SocketPath));
    }

    [Fact]
    public async Task Stopping_cuts_what_does_not_end_in_time()
    {
        var begun = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await begun.Task;
        await server.StopAsync(TimeSpan.FromMilliseconds(50)).WaitAsync(TimeSpan.FromSeconds(20));
    }
}
