/// Names of files.
public enum FilePath {
    /// The directory that a file is in: what stands before the last slash of its path, or "." if there is none.
    ///
    /// Not `NSString.deletingLastPathComponent`, which ends the process for a name of one character.
    public static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
