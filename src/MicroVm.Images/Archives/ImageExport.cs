namespace MicroVm.Images.Archives;

/// <summary>Images that were found, to be written as one archive.</summary>
public sealed class ImageExport
{
    private readonly IReadOnlyList<SavedImage> _images;
    private readonly ArchiveSaver _saver;

    internal ImageExport(IReadOnlyList<SavedImage> images, ArchiveSaver saver)
    {
        (_images, _saver) = (images, saver);
    }

    /// <exception cref="ImageException">NotFound: an image has gone meanwhile. Corrupt: a layer is damaged. The archive is cut short then.</exception>
    public Task WriteToAsync(Stream target, CancellationToken cancellationToken) => _saver.SaveAsync(_images, target, cancellationToken);
}
