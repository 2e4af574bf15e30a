using MicroVm.Interop.Generated;

namespace MicroVm.Interop.Libvirt;

/// <param name="Detail">Of the enum that belongs to the type, such as <see cref="virDomainEventStoppedDetailType"/>.</param>
public sealed record LibvirtDomainEvent(string Uuid, string Name, virDomainEventType Type, int Detail);
