namespace MicroVm.Images.Layers;

/// <summary>A layer's files, and their names while nothing names the directory yet.</summary>
internal sealed record LayerFiles(Digest DiffId, string Directory)
{
    public const string DataName = "data";
    public const string IndexName = "index";
    public const string FrameName = "frame";

    public string Data => Path.Combine(Directory, DataName);

    public string Index => Path.Combine(Directory, IndexName);

    public string Frame => Path.Combine(Directory, FrameName);
}
