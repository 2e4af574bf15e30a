namespace MicroVm.Api.Info;

/// <summary>How registries are spoken to.</summary>
public sealed record RegistryConfig
{
    public IReadOnlyList<string> InsecureRegistryCIDRs { get; init; } = [];

    public IReadOnlyDictionary<string, IndexInfo> IndexConfigs { get; init; } = new Dictionary<string, IndexInfo>();

    public IReadOnlyList<string> Mirrors { get; init; } = [];
}

/// <param name="Secure">False: plain HTTP or an unverified certificate is accepted.</param>
public sealed record IndexInfo(string Name, IReadOnlyList<string> Mirrors, bool Secure, bool Official);
