using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Runs a theory once with each client: ours and the stock one.</summary>
public sealed class CombinatorialClientsAttribute : DataAttribute
{
    public static string[] Clients { get; } = ["mvm", "docker"];

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Clients.Select(client => new TheoryDataRow(client))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
