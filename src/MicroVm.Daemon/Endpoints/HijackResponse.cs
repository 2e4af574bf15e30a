using Microsoft.AspNetCore.Http.Features;
using MicroVm.Api;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The head of a response whose connection then carries a process's streams, both ways.</summary>
internal static class HijackResponse
{
    public static Task<HijackedStream> HijackAsync(this HttpContext context, bool terminal)
    {
        IHijackFeature hijack = context.Features.GetRequiredFeature<IHijackFeature>();
        if (hijack.IsUpgradeRequested)
        {
            context.Response.StatusCode = StatusCodes.Status101SwitchingProtocols;
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "UPGRADED";
            context.Response.ContentType = StreamType(context, terminal);
        }
        else
        {
            context.Response.ContentType = MediaTypes.RawStream;
        }

        return hijack.HijackAsync(context.RequestAborted);
    }

    public static string StreamType(HttpContext context, bool terminal) =>
        !terminal && RequestVersion.Of(context).NamesMultiplexedStreams ? MediaTypes.MultiplexedStream : MediaTypes.RawStream;
}
