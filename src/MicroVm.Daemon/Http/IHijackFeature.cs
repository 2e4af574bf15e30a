namespace MicroVm.Daemon.Http;

/// <summary>
/// Takes the connection out of HTTP, as Docker's attach and exec do. Unlike
/// <see cref="Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature"/> it works for requests with a body and for
/// clients that ask for no upgrade.
/// </summary>
internal interface IHijackFeature
{
    /// <summary>The client sent <c>Connection: Upgrade</c>: the answer is 101, else 200 without a length.</summary>
    bool IsUpgradeRequested { get; }

    /// <summary>
    /// Sends the response's head as it is set, and returns the raw stream. What is left of the request body is skipped
    /// first. The connection closes when the handler returns.
    /// </summary>
    Task<HijackedStream> HijackAsync(CancellationToken cancellationToken);
}
