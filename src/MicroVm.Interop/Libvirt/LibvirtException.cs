using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.LibvirtMethods;

namespace MicroVm.Interop.Libvirt;

/// <summary>What libvirt refused or failed to do: libvirt's own words, on one line.</summary>
public class LibvirtException : Exception
{
    public LibvirtException()
    {
    }

    public LibvirtException(string message)
        : base(message)
    {
    }

    public LibvirtException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public LibvirtException(virErrorDomain domain, virErrorNumber code, string message)
        : base(message)
    {
        (Domain, Code) = (domain, code);
    }

    /// <summary>Which part of libvirt failed.</summary>
    public virErrorDomain Domain { get; }

    /// <summary>VIR_ERR_OK where libvirt itself could not be used.</summary>
    public virErrorNumber Code { get; }

    /// <summary>The error of the call that just failed: libvirt keeps one a thread, so that it must be read on the same.</summary>
    internal static unsafe LibvirtException Last()
    {
        virError* error = virGetLastError();
        if (error is null || error->code == 0)
        {
            return new LibvirtException("libvirt failed without saying why");
        }

        string text = Marshal.PtrToStringUTF8((nint)error->message) ?? "";
        string line = string.Join(' ', text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return new LibvirtException((virErrorDomain)error->domain, (virErrorNumber)error->code, line);
    }
}
