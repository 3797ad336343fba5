import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The file of a private key, which only its owner and a group may see.
enum PrivateKeyFile {
    /// Longer than any key.
    private static let maxBytes = 1024 * 1024

    /// - Throws: ``CertificateError`` if it can't be read, or can be by others.
    static func content(_ path: String) throws(CertificateError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CertificateError(
                "The key \(path) can't be read: \(String(cString: strerror(errno))). "
                    + "Make it readable for this user, or name another with --tls-key.")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Asked of what was opened: a name may stand for another file a moment later.
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw CertificateError("The key \(path) is no file. Name another with --tls-key.")
        }
        guard status.st_mode & 0o007 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw CertificateError(
                "The key \(path) can be read or changed by everybody on this machine (mode 0\(mode)). "
                    + "Take that away: chmod o= \(path). If others may have read it, get a new key.")
        }
        do {
            return Array(try file.read(upToCount: maxBytes) ?? Data())
        } catch {
            throw CertificateError(
                "The key \(path) can't be read: \(error.localizedDescription) Name another with --tls-key.")
        }
    }
}
