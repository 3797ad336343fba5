#if canImport(Glibc)
    import Glibc
#endif

/// A file with a secret, as an option names it.
enum SecretFile {
    /// What is wrong with it; `nil` if nothing is.
    static func problem(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "\(path) can't be read: \(String(cString: strerror(errno)))" }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return "\(path) is no file" }
        guard status.st_mode & S_IROTH == 0 else {
            return "\(path) has a secret and can be read by everybody: chmod o-rwx \(path)"
        }
        return nil
    }
}
