using System.Text;
using Microsoft.AspNetCore.Http;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

public class RequestHeadParserTests
{
    private static RequestHead Parse(string head) =>
        RequestHeadParser.Parse(Encoding.Latin1.GetBytes(head), new HttpLimits());

    [Fact]
    public void A_request_line_and_headers_are_read()
    {
        RequestHead head = Parse("POST /v1.50/containers/a%20b/wait?condition=removed HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\nX-A: 2\r\n\r\n");
        Assert.Equal("POST", head.Method);
        Assert.Equal("/v1.50/containers/a b/wait", head.Target.Path);
        Assert.Equal("?condition=removed", head.Target.Query);
        Assert.Equal("1,2", head.Headers["X-A"].ToString());
        Assert.True(head.KeepAlive);
        Assert.False(head.HasBody);
    }

    [Theory]
    [InlineData("http://host:1/a/b?c=d", "/a/b", "?c=d")]
    [InlineData("http://host", "/", "")]
    [InlineData("http://host?q", "/", "?q")]
    [InlineData("/images/library%2Fpython/json", "/images/library/python/json", "")]
    [InlineData("/%C3%A9", "/é", "")]
    public void Targets_are_decoded(string target, string path, string query)
    {
        RequestHead head = Parse($"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal((path, query), (head.Target.Path, head.Target.Query));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")] // no Host
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /\r\nHost: a\r\n\r\n")]
    [InlineData("GET / FTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData(" / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET a HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /% HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /%0 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n")] // not UTF-8
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n A: b\r\n\r\n")] // folded
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nAb\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nA: b\0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nA: b\nc: d\r\n\r\n")]
    public void Malformed_heads_are_refused(string head) =>
        Assert.Equal(400, Assert.Throws<MalformedRequestException>(() => Parse(head)).StatusCode);

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6", 400)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5", 400)]
    [InlineData("Content-Length: 5, 5", 400)]
    [InlineData("Content-Length: +5", 400)]
    [InlineData("Content-Length: -1", 400)]
    [InlineData("Content-Length: 0x5", 400)]
    [InlineData("Content-Length:", 400)]
    [InlineData("Content-Length: 99999999999999999999", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Transfer-Encoding: gzip, chunked", 501)]
    [InlineData("Transfer-Encoding: identity", 501)]
    [InlineData("Transfer-Encoding: chunked, identity", 501)]
    [InlineData("Transfer-Encoding:", 501)]
    [InlineData("Expect: magic", 417)]
    public void Ambiguous_bodies_are_refused(string headers, int status)
    {
        string head = $"POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n";
        Assert.Equal(status, Assert.Throws<MalformedRequestException>(() => Parse(head)).StatusCode);
    }

    [Fact]
    public void Chunks_need_HTTP_1_1() => Assert.Equal(400, Assert.Throws<MalformedRequestException>(
        () => Parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")).StatusCode);

    [Fact]
    public void Another_version_is_refused_by_name() => Assert.Equal(
        StatusCodes.Status505HttpVersionNotsupported,
        Assert.Throws<MalformedRequestException>(() => Parse("PRI * HTTP/2.0\r\n\r\n")).StatusCode);

    [Theory]
    [InlineData("HTTP/1.1", "", true)]
    [InlineData("HTTP/1.1", "Connection: close\r\n", false)]
    [InlineData("HTTP/1.1", "Connection: Upgrade, Close\r\n", false)]
    [InlineData("HTTP/1.0", "", false)]
    [InlineData("HTTP/1.0", "Connection: Keep-Alive\r\n", true)]
    public void Connections_are_kept_as_asked(string version, string header, bool kept) =>
        Assert.Equal(kept, Parse($"GET / {version}\r\nHost: x\r\n{header}\r\n").KeepAlive);

    [Fact]
    public void Too_many_headers_are_refused()
    {
        string headers = string.Concat(Enumerable.Range(0, 101).Select(i => $"A{i}: b\r\n"));
        Assert.Equal(431, Assert.Throws<MalformedRequestException>(() => Parse($"GET / HTTP/1.1\r\n{headers}\r\n")).StatusCode);
    }
}
