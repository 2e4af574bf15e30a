using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Output;

/// <summary>Buffered text on a descriptor. The base library's Console costs milliseconds to load.</summary>
internal sealed class TextOutput(FileDescriptor target)
{
    private const int FlushThreshold = 32 << 10;

    private readonly StringBuilder _pending = new();

    internal static TextOutput Standard { get; } = new(FileDescriptor.StandardOutput);

    internal static TextOutput Error { get; } = new(FileDescriptor.StandardError);

    internal bool IsTerminal { get; } = target.IsTerminal;

    /// <summary>A terminal whose user wants colour (https://no-color.org).</summary>
    internal bool UsesColor =>
        IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Columns to fill; 80 when it is not known.</summary>
    internal int Width => Terminal.TerminalSize.Of(target)?.Columns ?? 80;

    internal TextOutput Write(string text)
    {
        _pending.Append(text);
        if (_pending.Length >= FlushThreshold)
        {
            Flush();
        }

        return this;
    }

    internal TextOutput WriteLine(string text = "") => Write(text).Write("\n");

    internal void Flush()
    {
        if (_pending.Length > 0)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(_pending.ToString());
            _pending.Clear();
            target.Write(bytes);
        }
    }
}
