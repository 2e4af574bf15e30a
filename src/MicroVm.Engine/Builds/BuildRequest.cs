using MicroVm.Engine.Containers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Builds;

/// <summary>What `docker build` asks for.</summary>
public sealed record BuildRequest
{
    /// <summary>A tar, compressed or not; null with <see cref="Remote"/>.</summary>
    public Stream? Context { get; init; }

    /// <summary>http(s): where the context, or the Dockerfile alone, is fetched from; empty: <see cref="Context"/>.</summary>
    public string Remote { get; init; } = "";

    /// <summary>Path in the context.</summary>
    public string Dockerfile { get; init; } = "Dockerfile";

    public IReadOnlyList<ImageReference> Names { get; init; } = [];

    /// <summary>Takes no earlier build's steps.</summary>
    public bool NoCache { get; init; }

    /// <summary>Asks registries for the bases, whether or not they are there.</summary>
    public bool Pull { get; init; }

    /// <summary>--rm=false: the containers of RUN stay.</summary>
    public bool KeepsContainers { get; init; }

    /// <summary>--build-arg; null: was named without a value.</summary>
    public IReadOnlyDictionary<string, string?> Arguments { get; init; } = new Dictionary<string, string?>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Images whose steps may be taken, too.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>A stage's name or number; empty: the last.</summary>
    public string Target { get; init; } = "";

    /// <summary>os/arch; empty: linux/amd64.</summary>
    public string Platform { get; init; } = "";

    /// <summary>For the containers of RUN: networks, memory, processors and so on. Its image and command are not looked at.</summary>
    public ContainerSpec Container { get; init; } = new() { Image = "" };

    /// <summary>By the registry's name, as references have it.</summary>
    public Func<string, RegistryCredentials?> Credentials { get; init; } = _ => null;
}
