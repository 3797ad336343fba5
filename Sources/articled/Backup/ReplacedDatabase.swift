import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A database that another takes the place of: it gets a second name first, its log with it, and only when both are on the
/// disk the first name is given away. So whenever this is interrupted it is whole under one of its names, and until
/// ``release()`` nothing has changed under the first.
struct ReplacedDatabase {
    private let database: String
    /// Its second name.
    let path: String
    /// Suffixes of the files that have a second name now; the database itself is the first.
    private let linked: [String]

    /// The shared memory is made anew from the log by whoever opens it.
    private static let log = "-wal"
    private static let memory = "-shm"

    /// Gives it its second name.
    ///
    /// - Throws: ``StoreError``; then there is none.
    init(_ database: String, path: String) throws(StoreError) {
        self.database = database
        self.path = path
        var linked: [String] = []
        for suffix in ["", Self.log] where suffix.isEmpty || Self.isThere(database + suffix) {
            guard link(database + suffix, path + suffix) == 0 else {
                let failure = Self.failure(path + suffix)
                for suffix in linked.reversed() { unlink(path + suffix) }
                throw failure
            }
            linked.append(suffix)
        }
        self.linked = linked
        do {
            try Self.sync(path)
        } catch {
            undo()
            throw error
        }
    }

    /// Takes its log away from the first name: it would be replayed over what has that name next.
    ///
    /// - Throws: ``StoreError``; ``undo()`` must follow.
    func release() throws(StoreError) {
        for suffix in [Self.memory, Self.log] where Self.isThere(database + suffix) {
            guard unlink(database + suffix) == 0 else { throw Self.failure(database + suffix) }
        }
    }

    /// Makes everything what it was, as long as nothing else has the first name.
    func undo() {
        for suffix in linked.reversed() {
            // It is there already, unless it was taken away.
            if link(path + suffix, database + suffix) == 0 || errno == EEXIST { unlink(path + suffix) }
        }
    }

    private static func isThere(_ file: String) -> Bool {
        FileManager.default.fileExists(atPath: file)
    }

    private static func sync(_ file: String) throws(StoreError) {
        let directory = FilePath.directory(of: file)
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure(directory) }
    }

    private static func failure(_ path: String) -> StoreError {
        StoreError(
            code: .inaccessible,
            message: "\(path) can't be changed: \(String(cString: strerror(errno))). Nothing was restored.")
    }
}
