using System.Globalization;

namespace MicroVm.Daemon.Tests.Http;

internal sealed record RawResponse(string Head, string Body)
{
    public int Status => int.Parse(Head.Split(' ')[1], CultureInfo.InvariantCulture);

    public string? Header(string name) => Head.Split("\r\n").Skip(1)
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .SingleOrDefault();
}
