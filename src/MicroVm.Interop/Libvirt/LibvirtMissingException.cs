namespace MicroVm.Interop.Libvirt;

/// <summary>libvirt is not installed, or it is too old.</summary>
public sealed class LibvirtMissingException : LibvirtException
{
    public LibvirtMissingException()
    {
    }

    public LibvirtMissingException(string message)
        : base(message)
    {
    }

    public LibvirtMissingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
