namespace MicroVm.Images.Layers;

/// <summary>Failures of the disk that the store is on, in words that say what to do.</summary>
internal static class StorageError
{
    // errno(3); .NET's IOException carries it in HResult.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    /// <summary>Runs file operations; their failures come out as <see cref="ImageException"/> (Storage).</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw From(e, path);
        }
    }

    public static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    public static ImageException From(Exception error, string path) => error.HResult is NoSpace or QuotaExceeded
        ? new(ImageErrorKind.Storage, $"no space left on the disk for {path}: remove images or containers, or enlarge it", error)
        : new(ImageErrorKind.Storage, $"the layer store failed at {path}: {error.Message}", error);
}
