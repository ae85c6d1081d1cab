namespace SocketKit.Compare;

/// <summary>Which sources were measured.</summary>
/// <param name="Id">Null without git.</param>
/// <param name="IsDirty">Whether the working tree differs from the commit.</param>
internal sealed record Commit(string? Id, bool IsDirty)
{
    public static async Task<Commit> ReadAsync(SourceTree tree, CancellationToken cancellationToken)
    {
        if (Tools.Find("git") is not { } git)
        {
            return new Commit(null, false);
        }

        (int status, string id) = await Tools.RunAsync([git, "rev-parse", "HEAD"], tree.Root, cancellationToken);
        if (status != 0)
        {
            return new Commit(null, false);
        }

        (_, string changes) = await Tools.RunAsync([git, "status", "--porcelain"], tree.Root, cancellationToken);
        return new Commit(id, changes.Length > 0);
    }

    public override string ToString() => Id is null ? "no commit known" : Id + (IsDirty ? ", with changes" : string.Empty);
}
