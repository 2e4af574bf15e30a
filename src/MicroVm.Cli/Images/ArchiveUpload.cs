using System.Globalization;
using System.Text;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Images;

/// <summary>
/// Sends an archive on a thread of its own, because the daemon answers while it reads. A regular file goes with
/// Content-Length and sendfile(2), a pipe in chunks.
/// </summary>
internal sealed class ArchiveUpload(EngineConnection connection, FileDescriptor archive)
{
    private const int ChunkSize = 256 << 10;
    private const int PrefixSize = 16;
    private const int SendSize = 1 << 30;

    private volatile SystemCallException? _failure;

    internal void Start(string path)
    {
        long? size = archive.RegularFileSize();
        string framing = size is { } length
            ? $"Content-Length: {length.ToString(CultureInfo.InvariantCulture)}\r\n"
            : "Transfer-Encoding: chunked\r\n";
        connection.SendHead("POST", path, "Content-Type: application/x-tar\r\n" + framing);
        new Thread(() => Run(size)) { IsBackground = true }.Start();
    }

    /// <summary>The archive could not be read to its end (a daemon that stops reading has told why itself).</summary>
    internal void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new CliException($"the archive can't be read: {failure.Message}");
        }
    }

    private void Run(long? size)
    {
        try
        {
            if (size is { } length)
            {
                SendFile(length);
            }
            else
            {
                SendChunks();
            }
        }
        catch (SystemCallException failure)
        {
            if (failure.Error is not (Constants.EPIPE or Constants.ECONNRESET))
            {
                _failure = failure;
                _ = Libc.Shutdown(connection.Socket, Constants.SHUT_WR);
            }
        }
    }

    private unsafe void SendFile(long length)
    {
        for (long left = length; left > 0;)
        {
            nint sent = Libc.SendFile(connection.Socket, archive, null, (nint)Math.Min(left, SendSize));
            if (sent < 0)
            {
                var failure = SystemCallException.Last("sendfile");
                left = failure.Error == Constants.EINTR ? left : throw failure;
            }
            else
            {
                left = sent > 0 ? left - sent : throw new SystemCallException("read: the file became shorter", Constants.EIO);
            }
        }
    }

    private void SendChunks()
    {
        byte[] buffer = new byte[PrefixSize + ChunkSize + 2];
        int count;
        while ((count = archive.Read(buffer.AsSpan(PrefixSize, ChunkSize))) > 0)
        {
            byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count:x}\r\n"));
            head.CopyTo(buffer, PrefixSize - head.Length);
            "\r\n"u8.CopyTo(buffer.AsSpan(PrefixSize + count));
            connection.Socket.Write(buffer.AsSpan(PrefixSize - head.Length, head.Length + count + 2));
        }

        connection.Socket.Write("0\r\n\r\n"u8);
    }
}
