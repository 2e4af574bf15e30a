namespace MicroVm.Api.Info;

/// <summary>Drivers that are built in.</summary>
public sealed record InfoPlugins
{
    public IReadOnlyList<string> Volume { get; init; } = [];

    public IReadOnlyList<string> Network { get; init; } = [];

    public IReadOnlyList<string>? Authorization { get; init; }

    public IReadOnlyList<string> Log { get; init; } = [];
}
