using System.Reflection;
using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Generate;

internal enum Kind
{
    Boolean,
    UInt32,
    UInt64,
    Int32,
    Enum,
    Text,
    Binary,
    Record,
    TextList,
    RecordList,
}

/// <summary>A field as both generators need it.</summary>
internal sealed record Field(string Name, Kind Kind, Type Type, int Limit, int ElementLimit)
{
    // errno is a macro in C.
    public string CName { get; } = Names.Snake(Name) is var name && name == "errno" ? "error_number" : name;

    public Type Element => Kind == Kind.RecordList ? Type.GetGenericArguments()[0] : Type;
}

/// <summary>A message or a nested record.</summary>
internal sealed record Record(Type Type, MessageAttribute? Message, IReadOnlyList<Field> Fields)
{
    public string Name => Type.Name;

    public string CName { get; } = "msg_" + Names.Snake(Type.Name);
}

internal static class Names
{
    public static string Snake(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}

/// <summary>The messages, read from the records that define them.</summary>
internal sealed class Model
{
    public Model()
    {
        Type[] types = typeof(MessageAttribute).Assembly.GetTypes();
        Messages = [.. types.Where(t => t.GetCustomAttribute<MessageAttribute>() is not null).Select(ToRecord).OrderBy(r => r.Message!.Type)];
        Structs = InOrderOfUse(types.Where(t => t.GetCustomAttribute<StructAttribute>() is not null).Select(ToRecord));
        Check();
    }

    public IReadOnlyList<Record> Messages { get; }

    public IReadOnlyList<Record> Structs { get; }

    private static List<Record> InOrderOfUse(IEnumerable<Record> records) =>
        [.. records.OrderBy(r => r.Type.MetadataToken)];

    private static Record ToRecord(Type type) => new(
        type,
        type.GetCustomAttribute<MessageAttribute>(),
        [.. type.GetProperties().Where(p => p.GetCustomAttribute<KeyAttribute>() is not null)
            .OrderBy(p => p.GetCustomAttribute<KeyAttribute>()!.Index).Select(ToField)]);

    private static Field ToField(PropertyInfo property)
    {
        LimitAttribute? limit = property.GetCustomAttribute<LimitAttribute>();
        return new(property.Name, KindOf(property.PropertyType), property.PropertyType, limit?.Max ?? 0, limit?.Element ?? 0);
    }

    private static Kind KindOf(Type type) => type switch
    {
        _ when type == typeof(bool) => Kind.Boolean,
        _ when type == typeof(uint) => Kind.UInt32,
        _ when type == typeof(ulong) => Kind.UInt64,
        _ when type == typeof(int) => Kind.Int32,
        _ when type.IsEnum => Kind.Enum,
        _ when type == typeof(string) => Kind.Text,
        _ when type == typeof(byte[]) => Kind.Binary,
        _ when type == typeof(IReadOnlyList<string>) => Kind.TextList,
        _ when type.IsGenericType => Kind.RecordList,
        _ => Kind.Record,
    };

    /// <summary>What the definition must keep: positions without gaps, a bound on everything that has a length.</summary>
    private void Check()
    {
        foreach (Record record in Messages.Concat(Structs))
        {
            int[] keys = [.. record.Type.GetProperties().Select(p => p.GetCustomAttribute<KeyAttribute>()).OfType<KeyAttribute>().Select(k => k.Index).Order()];
            Require(keys.SequenceEqual(Enumerable.Range(0, keys.Length)), record, "its keys have gaps");
            foreach (Field field in record.Fields)
            {
                Require(field.Kind < Kind.Text || field.Kind == Kind.Record || field.Limit > 0, record, $"{field.Name} has no limit");
                Require(field.Kind != Kind.TextList || field.ElementLimit > 0, record, $"{field.Name} has no element limit");
            }
        }

        Require(Messages.DistinctBy(m => m.Message!.Type).Count() == Messages.Count, Messages[0], "a type is used twice");
    }

    private static void Require(bool condition, Record record, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{record.Name}: {what}");
        }
    }
}
