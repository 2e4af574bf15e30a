namespace MicroVm.Cli.Http;

/// <summary>A response's body, framed as its head says (RFC 9112, section 6).</summary>
internal interface IResponseBody
{
    /// <summary>0: the end.</summary>
    /// <exception cref="ProtocolException">The framing is wrong or the connection ended early.</exception>
    int Read(Span<byte> buffer);
}
