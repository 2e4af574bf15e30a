using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

public class HttpServerTests
{
    private static async Task Echo(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} ");
        await context.Response.Body.WriteAsync(body.ToArray());
    }

    [Fact]
    public async Task Requests_of_one_connection_are_answered_in_order_pipelined_too()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /d HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("GET /a ", (await client.ReadResponseAsync()).Body);
        Assert.Equal("POST /b?c hi", (await client.ReadResponseAsync()).Body);
        Assert.Equal("GET /d ", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_request_arrives_byte_by_byte()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        foreach (char c in "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n")
        {
            await client.SendAsync(c.ToString());
        }

        Assert.Equal("POST /a abc", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_half_closed_client_still_gets_its_answer()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        client.HalfClose();
        Assert.Equal("GET /a ", (await client.ReadResponseAsync()).Body);
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task HEAD_has_the_length_and_no_body()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(context =>
        {
            context.Response.ContentLength = 5;
            return context.Response.Body.WriteAsync("hello"u8.ToArray()).AsTask();
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("5", (await client.ReadResponseAsync(hasBody: false)).Header("Content-Length"));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Body);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task Statuses_without_a_body_have_no_length(int status)
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
        RawResponse first = await client.ReadResponseAsync();
        Assert.Equal(status, first.Status);
        Assert.Null(first.Header("Content-Length"));
        Assert.Null(first.Header("Transfer-Encoding"));
        Assert.Equal(status, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task An_empty_answer_has_length_zero()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(_ => Task.CompletedTask);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("0", (await client.ReadResponseAsync()).Header("Content-Length"));
    }

    [Fact]
    public async Task HTTP_1_0_gets_no_chunks_and_the_connection_ends()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.0\r\n\r\n");
        RawResponse response = await client.ReadResponseAsync();
        Assert.Equal(("GET /a ", "close"), (response.Body, response.Header("Connection")));
        Assert.Null(response.Header("Transfer-Encoding"));
    }

    [Fact]
    public async Task Headers_go_out_before_the_body_is_known()
    {
        var proceed = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            await context.Response.StartAsync();
            await proceed.Task;
            await context.Response.WriteAsync("late");
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("POST /wait HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK", await client.ReadHeadAsync());
        proceed.SetResult();
        Assert.Equal("late", await client.ReadChunkAsync());
        Assert.Equal("", await client.ReadChunkAsync());
    }

    [Fact]
    public async Task Continue_is_sent_when_the_body_is_asked_for()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await client.ReadHeadAsync());
        await client.SendAsync("abc");
        Assert.Equal("PUT / abc", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_body_that_nobody_asked_for_is_not_waited_for()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(_ => Task.CompletedTask);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("close", (await client.ReadResponseAsync()).Header("Connection"));
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task An_unread_body_is_skipped()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(_ => Task.CompletedTask);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n{new string('x', 70000)}");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        int status = 0;
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 4;
            BadHttpRequestException error = await Assert.ThrowsAnyAsync<BadHttpRequestException>(() => Echo(context));
            status = error.StatusCode;
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n");
        await client.ReadResponseAsync();
        Assert.Equal(413, status);
    }

    [Fact]
    public async Task A_failing_handler_is_a_500_and_in_the_middle_a_cut()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/late")
            {
                await context.Response.WriteAsync("begun");
                await context.Response.Body.FlushAsync();
            }

            throw new InvalidOperationException("broken");
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /early HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(500, (await client.ReadResponseAsync()).Status);
        using RawHttpClient second = await server.ConnectAsync();
        await second.SendAsync("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.EndsWith("5\r\nbegun\r\n", await second.ReadToEndAsync());
    }

    [Fact]
    public async Task Less_than_the_promised_length_ends_the_connection()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(context =>
        {
            context.Response.ContentLength = 9;
            return context.Response.Body.WriteAsync("short"u8.ToArray()).AsTask();
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.EndsWith("\r\n\r\nshort", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_line_break_in_a_response_header_is_not_sent()
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(context =>
        {
            context.Response.Headers["X-A"] = "b\r\nX-Evil: yes";
            return Task.CompletedTask;
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.DoesNotContain("X-Evil", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: x\n\n", 400)]
    [InlineData("NONSENSE\r\n\r\n", 400)]
    [InlineData("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505)]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    public async Task Broken_requests_are_refused_and_the_connection_ends(string request, int status)
    {
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync(request);
        Assert.Equal(status, (await client.ReadResponseAsync()).Status);
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Heads_beyond_the_limits_are_refused()
    {
        var limits = new HttpLimits { MaxRequestLine = 1000, MaxHeaders = 1000 };
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo, limits);
        using RawHttpClient line = await server.ConnectAsync();
        await line.SendAsync("GET /" + new string('a', 2000));
        Assert.Equal(414, (await line.ReadResponseAsync()).Status);
        using RawHttpClient headers = await server.ConnectAsync();
        await headers.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nA: " + new string('a', 2000));
        Assert.Equal(431, (await headers.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task A_head_that_does_not_end_times_out()
    {
        var limits = new HttpLimits { HeadTimeout = TimeSpan.FromMilliseconds(50) };
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo, limits);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HT");
        Assert.Equal(408, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task An_idle_connection_is_closed()
    {
        var limits = new HttpLimits { IdleTimeout = TimeSpan.FromMilliseconds(50) };
        await using HttpTestServer server = await HttpTestServer.StartAsync(Echo, limits);
        using RawHttpClient client = await server.ConnectAsync();
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_slow_reader_holds_the_handler_back()
    {
        long produced = 0;
        var full = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            byte[] piece = new byte[64 * 1024];
            for (int i = 0; i < 400; i++)
            {
                Task write = context.Response.Body.WriteAsync(piece).AsTask();
                if (!write.IsCompleted)
                {
                    full.TrySetResult();
                }

                await write;
                produced += piece.Length;
            }
        });
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await full.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(Volatile.Read(ref produced), 0, 4 * 1024 * 1024);
        Assert.Equal(400 * 64 * 1024, (await client.ReadResponseAsync()).Body.Length);
    }

    [Fact]
    public async Task Many_connections_are_served_at_once()
    {
        const int count = 300;
        using var all = new CountdownEvent(count);
        var go = new TaskCompletionSource();
        await using HttpTestServer server = await HttpTestServer.StartAsync(async context =>
        {
            if (all.Signal())
            {
                go.SetResult();
            }

            await go.Task;
            await Echo(context);
        });
        var clients = new List<RawHttpClient>();
        for (int i = 0; i < count; i++)
        {
            RawHttpClient client = await server.ConnectAsync();
            clients.Add(client);
            await client.SendAsync($"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n");
        }

        for (int i = 0; i < count; i++)
        {
            Assert.Equal($"GET /{i} ", (await clients[i].ReadResponseAsync()).Body);
            clients[i].Dispose();
        }
    }
}
