using System.Globalization;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The W3C Server-Timing header: <c>disk;dur=1.2, boot;dur=340</c>, milliseconds.</summary>
internal static class ServerTiming
{
    public static string Format(IReadOnlyDictionary<string, double> timings) => string.Join(", ", timings.Select(step =>
        string.Create(CultureInfo.InvariantCulture, $"{step.Key};dur={step.Value:0.###}")));
}
