using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>Runs a theory for each client and each state that a container's files can be reached in.</summary>
public sealed class ContainerStatesAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) => new(
    [
        .. from client in CombinatorialClientsAttribute.Clients
           from state in (string[])["running", "created", "exited"]
           select new TheoryDataRow(client, state),
    ]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
