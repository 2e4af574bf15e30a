using System.Runtime.CompilerServices;
using System.Text;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Files;

/// <summary>The list that the guest's tool writes (protocol, ToolKind.Changes).</summary>
internal static class ChangeReader
{
    private const int MaxEntry = 64 << 10;

    /// <summary>Owns the stream.</summary>
    public static async IAsyncEnumerable<FileChange> ReadAsync(
        Stream content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (content.ConfigureAwait(false))
        {
            byte[] buffer = new byte[2 * MaxEntry];
            int length = 0;
            int count;
            while ((count = await content.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
            {
                length += count;
                int start = 0;
                for (int end; (end = Array.IndexOf(buffer, (byte)0, start, length - start)) >= 0; start = end + 1)
                {
                    yield return Parse(buffer.AsSpan(start, end - start));
                }

                buffer.AsSpan(start, length - start).CopyTo(buffer);
                length -= start;
                if (length > MaxEntry)
                {
                    throw Malformed();
                }
            }

            if (length > 0)
            {
                throw Malformed();
            }
        }
    }

    private static FileChange Parse(ReadOnlySpan<byte> entry) => entry is [>= (byte)'0' and <= (byte)'2', (byte)'/', ..]
        ? new((FileChangeKind)(entry[0] - '0'), Encoding.UTF8.GetString(entry[1..]))
        : throw Malformed();

    private static HypervisorException Malformed() => new("the guest agent's list of changes is malformed");
}
