using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>Messages that the tests of the connection begin with.</summary>
internal static class Samples
{
    /// <summary>Streams 1, 2 and 3.</summary>
    public static Start Start(uint process) => new(
        process, true, ["true"], [], "/", "", [], 0, false, [], false, 0, 0, 1, 2, 3, 0, false);

    public static ProcessState State(ulong received = 0, ulong acked = 0, ulong stdout = 0, bool ended = false) =>
        new(1, 1, 1, 2, 0, received, acked, ended, stdout, 0);
}
