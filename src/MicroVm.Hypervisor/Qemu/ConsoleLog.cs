using System.Text;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>
/// Copies the guest console from its FIFO to a file of bounded size: the guest decides what it prints, so that only the
/// beginning and the most recent part are kept. While no daemon runs, the FIFO holds 64 KiB and the rest is lost.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    private const int MaxSize = 1 << 20;
    private const int MaxLine = 1024;
    private static readonly string[] s_panics = ["Kernel panic - ", "Out of memory", "agent: "];
    private readonly FileStream _fifo;
    private readonly string _path;
    private readonly Thread _thread;
    private readonly StringBuilder _line = new();
    private FileStream _file;
    private volatile bool _stop;

    public ConsoleLog(string fifo, string path)
    {
        _path = path;
        _file = Open(path);

        // Read and write: never at its end, and QEMU never finds it without a reader.
        _fifo = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        _thread = new Thread(Run, 128 * 1024) { IsBackground = true, Name = "guest console" };
        _thread.Start();
    }

    /// <summary>The line in which the guest kernel said why it stopped.</summary>
    public string? Panic { get; private set; }

    /// <summary>Takes over what is there, then lets go.</summary>
    public void Dispose()
    {
        if (_stop)
        {
            return;
        }

        _stop = true;
        _fifo.Write("\0"u8);
        _thread.Join();
        _fifo.Dispose();
        _file.Dispose();
    }

    private static FileStream Open(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void Run()
    {
        byte[] buffer = new byte[8192];
        while (true)
        {
            int count = _fifo.Read(buffer);
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, count);
            int mark = _stop ? bytes.LastIndexOf((byte)0) : -1;
            if (mark < 0)
            {
                Keep(bytes);
                continue;
            }

            // The guest may have printed something right behind it.
            Keep(bytes[..mark]);
            Keep(bytes[(mark + 1)..]);
            return;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_file.Length + bytes.Length > MaxSize)
            {
                _file.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _file = Open(_path);
            }

            _file.Write(bytes);
        }
        catch (IOException)
        {
            // A full disk must not stop the guest: the console is all that is lost.
        }

        foreach (byte b in bytes)
        {
            Look(b);
        }
    }

    private void Look(byte b)
    {
        if (b != '\n')
        {
            if (_line.Length < MaxLine)
            {
                _line.Append((char)b);
            }

            return;
        }

        string line = _line.ToString();
        _line.Clear();
        int start = s_panics.Select(p => line.IndexOf(p, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        if (start >= 0 && Panic is null)
        {
            Panic = Printable.OneLine(line[start..], 200);
        }
    }
}
