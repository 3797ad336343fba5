import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A file that is made under another name, readable by this user only, and has its own name once it is complete and on the
/// disk: nobody ever sees half of it.
struct PendingFile {
    /// Where it is made.
    let path: String
    /// Where it will be.
    let target: String

    /// - Throws: ``StoreError`` `inaccessible`.
    init(for target: String) throws(StoreError) {
        self.target = target
        path = "\(target).partial-\(getpid())"
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(target) }
        close(descriptor)
    }

    /// Gives it its name.
    ///
    /// - Parameter isReplacing: what has that name is replaced; else it stays, and this fails.
    /// - Throws: ``StoreError``: `exists` if there is such a file already, else `inaccessible`.
    func publish(replacing isReplacing: Bool) throws(StoreError) {
        try sync(path)
        if isReplacing {
            guard rename(path, target) == 0 else { throw Self.failure(target) }
        } else {
            // Unlike a renaming this fails if there is one, also one that was made this very moment.
            guard link(path, target) == 0 else {
                throw errno == EEXIST ? .alreadyThere(target) : Self.failure(target)
            }
            unlink(path)
        }
        try sync(FilePath.directory(of: target))
    }

    /// Removes what there is of it.
    func discard() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    private func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(target) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(target) }
    }

    private static func failure(_ path: String) -> StoreError {
        StoreError(code: .inaccessible, message: "\(path) can't be written: \(String(cString: strerror(errno))).")
    }
}

extension StoreError {
    static func alreadyThere(_ path: String) -> StoreError {
        StoreError(
            code: .inaccessible,
            message: "\(path) is there already and was not touched. Choose another name, or replace it with --force.")
    }
}
