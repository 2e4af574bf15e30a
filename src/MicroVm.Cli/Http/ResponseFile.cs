using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>Where the body of an answer goes: a file, or standard output.</summary>
/// <param name="path">Null: standard output.</param>
internal sealed class ResponseFile(string? path)
{
    private const int OwnerReadsAndWrites = 0x180;

    /// <exception cref="CliException">It is a terminal, which an archive would only upset.</exception>
    internal void CheckTarget()
    {
        if (path is null && FileDescriptor.StandardOutput.IsTerminal)
        {
            throw new CliException("cowardly refusing to save to a terminal. Use the -o flag or redirect");
        }
    }

    internal void Write(EngineResponse response)
    {
        if (path is null)
        {
            Copy(response, FileDescriptor.StandardOutput);
            return;
        }

        using FileDescriptor file = FileDescriptor.Open(path, Constants.O_WRONLY | Constants.O_CREAT | Constants.O_TRUNC, OwnerReadsAndWrites);
        try
        {
            Copy(response, file);
        }
        catch (Exception e) when (e is ProtocolException or SystemCallException)
        {
            // Nothing half-written stays.
            File.Delete(path);
            throw;
        }
    }

    private static void Copy(EngineResponse response, FileDescriptor target)
    {
        byte[] buffer = new byte[256 << 10];
        for (int count; (count = response.Read(buffer)) > 0;)
        {
            target.Write(buffer.AsSpan(0, count));
        }
    }
}
