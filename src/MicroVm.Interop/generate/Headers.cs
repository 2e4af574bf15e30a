using MicroVm.Interop.Generate.Clang;

namespace MicroVm.Interop.Generate;

/// <summary>What a library's headers declare, in the order in which they do.</summary>
internal sealed class Headers
{
    private readonly Dictionary<string, string> _names = [];

    public Headers(Library library, TranslationUnit unit)
    {
        Cursor[] all = [.. unit.Root.Children().Where(c => library.Contains(c.Location.File))];
        foreach (Cursor typedef in all.Where(c => c.Kind == CursorKind.Typedef))
        {
            NameByTypedef(typedef);
        }

        Add(all);
        Macros = [.. all.Where(c => c.Kind == CursorKind.MacroDefinition && !c.IsFunctionLike).Reverse().DistinctBy(c => c.Spelling).Reverse()];
        Functions = [.. all.Where(c => c.Kind == CursorKind.Function && !c.IsStatic).DistinctBy(c => c.Spelling)];
    }

    public List<Cursor> Enums { get; } = [];

    /// <summary>Structs and unions with a name; without members where the headers show none.</summary>
    public List<Cursor> Records { get; } = [];

    public IReadOnlyList<Cursor> Functions { get; }

    public IReadOnlyList<Cursor> Macros { get; }

    /// <summary>Its name in the bindings: its typedef's, else its tag. Null for what has none or lies outside.</summary>
    public string? NameOf(Cursor declaration) => _names.GetValueOrDefault(declaration.Usr);

    private void NameByTypedef(Cursor typedef)
    {
        Cursor declared = typedef.UnderlyingType.Declaration;
        if (declared.IsRecord || declared.Kind == CursorKind.Enum)
        {
            _names.TryAdd(declared.Usr, typedef.Spelling);
        }
    }

    private void Add(IEnumerable<Cursor> cursors)
    {
        foreach (Cursor cursor in cursors)
        {
            if (cursor.Kind == CursorKind.Enum)
            {
                Name(cursor);
                Enums.Add(cursor);
            }
            else if (cursor.IsRecord)
            {
                AddRecord(cursor);
            }
        }
    }

    private void AddRecord(Cursor record)
    {
        Name(record);
        if (NameOf(record) is { } name)
        {
            int known = Records.FindIndex(r => NameOf(r) == name);
            if (known < 0)
            {
                Records.Add(record);
            }
            else if (record.IsDefinition)
            {
                Records[known] = record;
            }
        }

        // A tag inside another struct is as global as any.
        Add(record.Children().Where(c => c.IsRecord || c.Kind == CursorKind.Enum));
    }

    private void Name(Cursor declaration)
    {
        if (!declaration.IsAnonymous)
        {
            _names.TryAdd(declaration.Usr, declaration.Spelling);
        }
    }
}
