namespace MicroVm.Engine.Guest;

/// <summary>The host's search domains and resolver options (resolv.conf(5)), which containers inherit.</summary>
internal sealed record HostResolver(IReadOnlyList<string> Search, IReadOnlyList<string> Options)
{
    private const string ResolvConf = "/etc/resolv.conf";

    public static HostResolver Read()
    {
        try
        {
            return Parse(File.ReadLines(ResolvConf));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new([], []);
        }
    }

    public static HostResolver Parse(IEnumerable<string> lines)
    {
        IReadOnlyList<string> search = [];
        IReadOnlyList<string> options = [];
        foreach (string line in lines)
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["search" or "domain", .. string[] domains]:
                    search = domains;
                    break;
                case ["options", .. string[] rest]:
                    options = rest;
                    break;
            }
        }

        return new(search, options);
    }
}
