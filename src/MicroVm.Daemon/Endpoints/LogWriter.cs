using System.Text;
using MicroVm.Api.Streams;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Writes log entries as frames (or bare, for a terminal), each with its time and its attributes in front when asked for.</summary>
internal sealed class LogWriter(Stream output, bool framed, bool timestamps, bool details)
{
    private readonly byte[] _header = new byte[StreamFrame.HeaderLength];

    /// <summary>Sends what there is before it waits for more, so that a follower sees each line at once.</summary>
    public async Task CopyAsync(IAsyncEnumerable<LogEntry> entries, CancellationToken cancellationToken)
    {
        await output.FlushAsync(cancellationToken);
        await using IAsyncEnumerator<LogEntry> enumerator = entries.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            ValueTask<bool> next = enumerator.MoveNextAsync();
            if (!next.IsCompleted)
            {
                await output.FlushAsync(cancellationToken);
            }

            if (!await next)
            {
                return;
            }

            await WriteAsync(enumerator.Current, cancellationToken);
        }
    }

    private async Task WriteAsync(LogEntry entry, CancellationToken cancellationToken)
    {
        byte[] prefix = Encoding.ASCII.GetBytes((timestamps ? Timestamps.FormatFixed(entry.Time) + " " : "") + (details ? Details(entry) + " " : ""));
        if (framed)
        {
            StreamFrame.WriteHeader(_header, (byte)entry.Stream, prefix.Length + entry.Line.Length);
            await output.WriteAsync(_header, cancellationToken);
        }

        await output.WriteAsync(prefix, cancellationToken);
        await output.WriteAsync(entry.Line, cancellationToken);
    }

    /// <summary>In Docker's form: sorted, escaped as in a query.</summary>
    private static string Details(LogEntry entry) => string.Join(
        ',',
        entry.Attributes.OrderBy(attribute => attribute.Key, StringComparer.Ordinal).Select(attribute => $"{Escape(attribute.Key)}={Escape(attribute.Value)}"));

    // Go's url.QueryEscape leaves the same letters as RFC 3986, and makes a blank "+".
    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
