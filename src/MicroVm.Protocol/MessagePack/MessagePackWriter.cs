using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Protocol.MessagePack;

/// <summary>Writes MessagePack, each value in its shortest format.</summary>
public readonly ref struct MessagePackWriter(IBufferWriter<byte> output)
{
    private readonly IBufferWriter<byte> _output = output;

    public void Write(bool value) => Put(value ? Format.True : Format.False);

    public void Write(ulong value)
    {
        switch (value)
        {
            case <= Format.MaxPositiveFixInt:
                Put((byte)value);
                break;
            case <= byte.MaxValue:
                Put(Format.UInt8, (byte)value);
                break;
            case <= ushort.MaxValue:
                Put(Format.UInt16, (ushort)value);
                break;
            case <= uint.MaxValue:
                Put(Format.UInt32, (uint)value);
                break;
            default:
                Span<byte> span = _output.GetSpan(9);
                span[0] = Format.UInt64;
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
                _output.Advance(9);
                break;
        }
    }

    public void Write(int value)
    {
        switch (value)
        {
            case >= 0:
                Write((ulong)value);
                break;
            case >= -32:
                Put((byte)value);
                break;
            case >= sbyte.MinValue:
                Put(Format.Int8, (byte)value);
                break;
            case >= short.MinValue:
                Put(Format.Int16, (ushort)value);
                break;
            default:
                Put(Format.Int32, (uint)value);
                break;
        }
    }

    public void Write(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length, Format.FixStr, 31, Format.Str8, Format.Str16, Format.Str32);
        Encoding.UTF8.GetBytes(value, _output.GetSpan(length));
        _output.Advance(length);
    }

    public void Write(ReadOnlySpan<byte> value)
    {
        WriteBinaryHeader(value.Length);
        _output.Write(value);
    }

    public void WriteBinaryHeader(int length) => WriteLength(length, 0, -1, Format.Bin8, Format.Bin16, Format.Bin32);

    public void WriteArrayHeader(int count)
    {
        switch (count)
        {
            case <= 15:
                Put((byte)(Format.FixArray | count));
                break;
            case <= ushort.MaxValue:
                Put(Format.Array16, (ushort)count);
                break;
            default:
                Put(Format.Array32, (uint)count);
                break;
        }
    }

    private void WriteLength(int length, byte fix, int maxFix, byte format8, byte format16, byte format32)
    {
        if (length <= maxFix)
        {
            Put((byte)(fix | length));
        }
        else if (length <= byte.MaxValue)
        {
            Put(format8, (byte)length);
        }
        else if (length <= ushort.MaxValue)
        {
            Put(format16, (ushort)length);
        }
        else
        {
            Put(format32, (uint)length);
        }
    }

    private void Put(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    private void Put(byte format, byte value)
    {
        Span<byte> span = _output.GetSpan(2);
        (span[0], span[1]) = (format, value);
        _output.Advance(2);
    }

    private void Put(byte format, ushort value)
    {
        Span<byte> span = _output.GetSpan(3);
        span[0] = format;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], value);
        _output.Advance(3);
    }

    private void Put(byte format, uint value)
    {
        Span<byte> span = _output.GetSpan(5);
        span[0] = format;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], value);
        _output.Advance(5);
    }
}
