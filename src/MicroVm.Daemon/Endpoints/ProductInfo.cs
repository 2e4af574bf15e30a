using System.Reflection;
using System.Runtime.InteropServices;

namespace MicroVm.Daemon.Endpoints;

/// <summary>What the daemon says about itself.</summary>
internal static class ProductInfo
{
    public const string PlatformName = "MicroVm";

    public static string Version { get; } = Assembly.GetExecutingAssembly()
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The commit it was built from; empty when the build did not know.</summary>
    public static string Commit { get; } = Assembly.GetExecutingAssembly()
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+') is [_, var commit, ..]
        ? commit[..Math.Min(commit.Length, 12)]
        : "";

    /// <summary>Go's name for the architecture, as the API has it.</summary>
    public static string Architecture { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static string ServerHeader { get; } = $"mvmd/{Version} (linux)";
}
