using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Values;

/// <summary>Reads files that are given by name: also pipes, as in <c>--env-file &lt;(…)</c>.</summary>
internal static class SmallFile
{
    private const int MaximumBytes = 16 << 20;

    /// <exception cref="SystemCallException">It can't be read.</exception>
    /// <exception cref="CliException">It is too large to be meant.</exception>
    internal static byte[] Read(string path)
    {
        using var file = FileDescriptor.Open(path, Constants.O_RDONLY);
        var content = new MemoryStream();
        byte[] buffer = new byte[8192];
        int count;
        while ((count = file.Read(buffer)) > 0)
        {
            content.Write(buffer, 0, count);
            if (content.Length > MaximumBytes)
            {
                throw new CliException($"{path}: larger than {MaximumBytes >> 20} MiB");
            }
        }

        return content.ToArray();
    }
}
