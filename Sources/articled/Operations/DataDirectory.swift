import Core
import Crypto
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The directory that holds all that the daemon keeps, locked against a second daemon.
final class DataDirectory: Sendable {
    let path: String
    /// Held as long as the process lives; the kernel lets go of it however the process ends.
    private let lock: CInt

    var databaseFile: String { path + "/" + SQLiteStore.fileName }
    var tokenFile: String { path + "/local-token" }
    /// Has the link to the first admin account while there is none.
    var setupLinkFile: String { path + "/setup-link" }
    /// Has the URL of the daemon that runs on this directory, for the commands of the same machine.
    var urlFile: String { path + "/url" }

    /// Makes the directory if need be, and takes it for this process.
    ///
    /// - Parameter patience: seconds to wait for whoever has it, a command for accounts perhaps.
    /// - Throws: ``StoreError`` `inaccessible` or `inUse`.
    init(_ path: String, patience: Double = 0) throws {
        self.path = path
        guard Self.make(path) else {
            throw StoreError(
                code: .inaccessible,
                message: "The data directory \(path) can't be made: \(Self.lastError). "
                    + "Choose another with --data-dir.")
        }
        let lockFile = path + "/lock"
        // Not through a link that the directory's owner may have put here for root.
        let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                code: .inaccessible,
                message: "The data directory \(path) can't be written to: \(Self.lastError). "
                    + "Make it writable for this user, or choose another with --data-dir.")
        }
        let end = ContinuousClock.now + .seconds(patience)
        var isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        while !isLocked, .now < end {
            // At the start, before there is anybody to wait for this; flock(2) itself has no time limit.
            Thread.sleep(forTimeInterval: 0.05)
            isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        guard isLocked else {
            close(descriptor)
            throw StoreError(
                code: .inUse,
                message: "Another articled is using the data directory \(path). "
                    + "Stop it, or choose another directory with --data-dir.")
        }
        lock = descriptor
        try giveToOwner(lockFile)
    }

    deinit {
        close(lock)
    }

    /// The token of the machine's own clients, made at the first start: one line, readable by this user only.
    func localToken() throws -> String {
        if let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) {
            let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if !token.isEmpty {
                chmod(tokenFile, 0o600)
                return token
            }
        }
        let token = Secret().text
        try write(Array((token + "\n").utf8), to: tokenFile)
        return token
    }

    /// Writes a file that others may not read; whoever looks sees the old one or the whole new one.
    ///
    /// - Throws: ``StoreError`` `inaccessible`.
    func write(_ bytes: [UInt8], to file: String) throws {
        let temporary = file + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let written = descriptor < 0 ? -1 : Glibc.write(descriptor, bytes, bytes.count)
        let isSynced = descriptor >= 0 && fsync(descriptor) == 0
        if descriptor >= 0 { close(descriptor) }
        guard written == bytes.count, isSynced, rename(temporary, file) == 0 else {
            throw StoreError(code: .inaccessible, message: "The file \(file) can't be written: \(Self.lastError).")
        }
    }

    /// Gives what root has made here to whom the directory belongs: root may work on behalf of the daemon, which must be able
    /// to use it.
    ///
    /// - Throws: ``StoreError`` `inaccessible`.
    func giveToOwner(_ file: String) throws(StoreError) {
        var (owner, made) = (stat(), stat())
        // Nothing that has another name besides: it could be a file of root's elsewhere that the owner has put here.
        guard geteuid() == 0, stat(path, &owner) == 0, owner.st_uid != 0, lstat(file, &made) == 0, made.st_uid == 0,
            made.st_mode & S_IFMT == S_IFREG, made.st_nlink == 1
        else { return }
        guard lchown(file, owner.st_uid, owner.st_gid) == 0 else {
            throw StoreError(
                code: .inaccessible,
                message: "The file \(file) can't be given to the owner of \(path): \(Self.lastError).")
        }
    }

    /// Takes a file away from everybody who could read it: earlier versions and other programs make some so.
    ///
    /// - Throws: ``StoreError`` `inaccessible`.
    func closeToOthers(_ file: String) throws(StoreError) {
        var status = stat()
        // As above: not through another name.
        guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
            status.st_mode & 0o007 != 0
        else { return }
        guard fchmodat(AT_FDCWD, file, 0o600, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw StoreError(
                code: .inaccessible,
                message: "The file \(file) is open to everybody on this machine, and this user can't change that: "
                    + "\(Self.lastError). Take it away from them: chmod 600 \(file)")
        }
    }

    /// Removes a file if it is there.
    func remove(_ file: String) {
        unlink(file)
    }

    private static var lastError: String { String(cString: strerror(errno)) }

    /// Makes a directory that only this user may look into, and those above it.
    ///
    /// - Returns: whether it is there now; if not, `errno` says why.
    private static func make(_ path: String) -> Bool {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return true }
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == ENOENT, case let parent = FilePath.directory(of: path), parent != path, make(parent) else {
            return false
        }
        return mkdir(path, 0o700) == 0 || errno == EEXIST
    }

    /// `$XDG_DATA_HOME/articled`, else that of the packaged daemon for the account it runs as, else
    /// `~/.local/share/articled`.
    static func defaultPath(environment: [String: String]) -> String {
        if let base = environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/articled" }
        var status = stat()
        if stat(PackagedDaemon.dataDirectory, &status) == 0, status.st_uid == geteuid() {
            return PackagedDaemon.dataDirectory
        }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/articled"
    }
}
