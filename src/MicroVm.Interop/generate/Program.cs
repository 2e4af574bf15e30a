using MicroVm.Interop.Generate;

// Writes the bindings of C libraries from their headers. `--check` writes nothing and fails when a file would change.
bool check = args.Contains("--check");
string folder = Path.Combine(FindRoot(), "src/MicroVm.Interop/Generated");
try
{
    Dictionary<string, string> files = Library.All.SelectMany(Bindings.Generate).ToDictionary(f => f.Name, f => f.Text);
    int changed = files.Count(f => Update(Path.Combine(folder, f.Key), f.Value)) + RemoveOthers(files.Keys);
    return check && changed > 0 ? 1 : 0;
}
catch (Exception e) when (e is InvalidOperationException or NotSupportedException or DllNotFoundException)
{
    Console.Error.WriteLine($"bindings: {e.Message}");
    return 1;
}

bool Update(string path, string text)
{
    if (File.Exists(path) && File.ReadAllText(path) == text)
    {
        return false;
    }

    Console.Error.WriteLine((check ? "not what the headers say: " : "written: ") + path);
    if (!check)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    return true;
}

int RemoveOthers(IEnumerable<string> names)
{
    string[] others = [.. Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories).Except(names.Select(n => Path.Combine(folder, n)))];
    foreach (string other in others)
    {
        Console.Error.WriteLine((check ? "not from any header: " : "removed: ") + other);
        if (!check)
        {
            File.Delete(other);
        }
    }

    return others.Length;
}

static string FindRoot()
{
    string directory = AppContext.BaseDirectory;
    while (!File.Exists(Path.Combine(directory, "MicroVm.sln")))
    {
        directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("run inside a clone");
    }

    return directory;
}
