using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.Cli.Interop;

/// <summary>The calls on files, with names in bytes and errors in words.</summary>
internal static unsafe class Files
{
    private const uint BasicStatus = 0x7ff;
    private const int DirentHeader = 19;

    /// <summary>What relative names of the calls below are relative to, when it is the working directory.</summary>
    internal static FileDescriptor WorkingDirectory { get; } = new(Constants.AT_FDCWD, ownsHandle: false);

    internal static FileDescriptor Open(FileDescriptor directory, ReadOnlySpan<byte> name, int flags, uint mode = 0)
    {
        fixed (byte* text = Terminated(name))
        {
            int result = Libc.OpenAt(directory, text, flags | Constants.O_CLOEXEC, mode);
            return result >= 0 ? new FileDescriptor(result) : throw Last("open", name);
        }
    }

    /// <summary>Null when there is none. Symlinks at the end are not followed, unless asked for.</summary>
    internal static FileStatus? Status(FileDescriptor directory, ReadOnlySpan<byte> name, bool follow = false)
    {
        FileStatus status;
        fixed (byte* text = Terminated(name))
        {
            int flags = follow ? 0 : Constants.AT_SYMLINK_NOFOLLOW;
            if (Libc.Statx(directory, text, flags, BasicStatus, &status) == 0)
            {
                return status;
            }
        }

        SystemCallException failure = Last(follow ? "stat" : "lstat", name);
        return failure.Error == Constants.ENOENT ? null : throw failure;
    }

    /// <summary>Of an open file.</summary>
    internal static FileStatus Status(FileDescriptor file)
    {
        FileStatus status;
        fixed (byte* text = Terminated([]))
        {
            Check(Libc.Statx(file, text, Constants.AT_EMPTY_PATH, BasicStatus, &status), "fstat", []);
        }

        return status;
    }

    internal static void MakeDirectory(FileDescriptor directory, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* text = Terminated(name))
        {
            Check(Libc.MakeDirectoryAt(directory, text, mode), "mkdir", name);
        }
    }

    internal static void MakeFifo(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Terminated(name))
        {
            Check(Libc.MakeFifoAt(directory, text, 0x180), "mkfifo", name);
        }
    }

    internal static void MakeSymlink(ReadOnlySpan<byte> target, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* to = Terminated(target), text = Terminated(name))
        {
            Check(Libc.SymlinkAt(to, directory, text), "symlink", name);
        }
    }

    internal static void MakeLink(FileDescriptor from, ReadOnlySpan<byte> existing, FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* to = Terminated(existing), text = Terminated(name))
        {
            Check(Libc.LinkAt(from, to, directory, text, 0), "link", name);
        }
    }

    /// <summary>Not a directory.</summary>
    internal static void Remove(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Terminated(name))
        {
            Check(Libc.UnlinkAt(directory, text, 0), "remove", name);
        }
    }

    internal static byte[] ReadLink(FileDescriptor directory, ReadOnlySpan<byte> name)
    {
        byte[] target = new byte[4096];
        fixed (byte* text = Terminated(name), buffer = target)
        {
            nint length = Libc.ReadLinkAt(directory, text, buffer, (nuint)target.Length);
            return length >= 0 ? target[..(int)length] : throw Last("readlink", name);
        }
    }

    internal static void SetMode(FileDescriptor file, uint mode, ReadOnlySpan<byte> name) => Check(Libc.ChangeMode(file, mode), "chmod", name);

    /// <summary>Of what bears the name itself, a symlink too.</summary>
    internal static void SetModified(FileDescriptor directory, ReadOnlySpan<byte> name, long seconds, long nanoseconds)
    {
        TimeSpec* times = stackalloc TimeSpec[2];
        times[0] = new() { Nanoseconds = TimeSpec.Now };
        times[1] = new() { Seconds = seconds, Nanoseconds = nanoseconds };
        fixed (byte* text = Terminated(name))
        {
            Check(Libc.SetTimesAt(directory, text, times, Constants.AT_SYMLINK_NOFOLLOW), "set time of", name);
        }
    }

    /// <summary>Null: it has none of that name, or the file system knows none.</summary>
    internal static byte[]? Attribute(FileDescriptor file, ReadOnlySpan<byte> name)
    {
        byte[] value = new byte[4096];
        fixed (byte* text = Terminated(name), buffer = value)
        {
            nint length = Libc.GetAttribute(file, text, buffer, (nuint)value.Length);
            return length >= 0 ? value[..(int)length] : null;
        }
    }

    /// <summary>Left out where the file system or the user may not have it.</summary>
    internal static void TrySetAttribute(FileDescriptor file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* text = Terminated(name), bytes = value)
        {
            _ = Libc.SetAttribute(file, text, bytes, (nuint)value.Length, 0);
        }
    }

    /// <summary>The names in an open directory, in their order.</summary>
    internal static List<byte[]> Names(FileDescriptor directory)
    {
        List<byte[]> names = [];
        byte[] buffer = new byte[64 << 10];
        fixed (byte* start = buffer)
        {
            nint length;
            while ((length = Libc.ReadDirectory(Constants.SYS_getdents64, directory, start, buffer.Length)) > 0)
            {
                AddNames(names, buffer.AsSpan(0, (int)length));
            }

            Check((int)length, "read directory", []);
        }

        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    internal static string Display(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    // struct linux_dirent64: inode, offset, u16 length, u8 type, name.
    private static void AddNames(List<byte[]> names, ReadOnlySpan<byte> entries)
    {
        while (!entries.IsEmpty)
        {
            int length = BitConverter.ToUInt16(entries[16..]);
            ReadOnlySpan<byte> name = entries[DirentHeader..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                names.Add(name.ToArray());
            }

            entries = entries[length..];
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name)
    {
        byte[] text = new byte[name.Length + 1];
        name.CopyTo(text);
        return text;
    }

    private static void Check(int result, string operation, ReadOnlySpan<byte> name)
    {
        if (result < 0)
        {
            throw Last(operation, name);
        }
    }

    private static SystemCallException Last(string operation, ReadOnlySpan<byte> name)
    {
        int error = Marshal.GetLastPInvokeError();
        return new(name.IsEmpty ? operation : $"{operation} {Output.SafeText.OneLine(Display(name))}", error);
    }
}
