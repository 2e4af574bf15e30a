namespace MicroVm.Cli.Builds;

/// <summary>Where a build's files come from, made ready to be sent.</summary>
/// <param name="Dockerfile">Its path in the context.</param>
/// <param name="Remote">What the daemon fetches itself; empty: nothing.</param>
/// <param name="Write">Gives the context, a tar, piece by piece; null: the daemon fetches it.</param>
internal sealed record BuildSource(string Dockerfile, string Remote, Action<Action<ReadOnlyMemory<byte>>>? Write);
