using System.Globalization;

namespace MicroVm.Interop.Tests.Generated;

/// <summary>Asks the C compiler for the values of expressions over the headers that the bindings come from.</summary>
internal static class CompiledHeaders
{
    private const string Headers = """
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/socket.h>
        #include <libvirt/libvirt.h>
        #include <libvirt/virterror.h>
        #include <libvirt/libvirt-qemu.h>
        #include <linux/kvm.h>
        #include <linux/vm_sockets.h>
        #include <linux/vhost.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/if.h>
        #include <linux/if_link.h>
        #include <linux/if_bridge.h>
        #include <linux/if_tun.h>
        #include <linux/neighbour.h>
        #include <sys/ioctl.h>
        #include <zstd.h>
        """;

    /// <summary>What differs, a line each: the expression, the header's value, the bindings'.</summary>
    public static async Task<List<string>> CompareAsync(IReadOnlyList<(string Expression, object Value)> expected)
    {
        string directory = Directory.CreateTempSubdirectory("mvm-headers-").FullName;
        try
        {
            string program = Path.Combine(directory, "values");
            await File.WriteAllTextAsync(program + ".c", $"{Headers}\nint main(void) {{\n{string.Join('\n', expected.Select(Print))}\nreturn 0; }}\n");
            (int exitCode, string output) = await Commands.RunAsync("cc", "-std=gnu17", "-w", program + ".c", "-o", program);
            Assert.True(exitCode == 0, output);
            (exitCode, output) = await Commands.RunAsync(program);
            string[] values = output.Split('\n');
            Assert.Equal(expected.Count, values.Length - 1);
            return [.. expected.Zip(values).Where(p => Text(p.First.Value) != p.Second).Select(p => $"{p.First.Expression}: {p.Second} in C, {p.First.Value} in C#")];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Print((string Expression, object Value) item) => item.Value is string
        ? $"puts({item.Expression});"
        : $"printf(\"%lld\\n\", (long long)({item.Expression}));";

    private static string Text(object value) => value switch
    {
        string text => text,
        ulong number => ((long)number).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
    };
}
