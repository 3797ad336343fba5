import ArgumentParser
import Console
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#endif

/// `articled backup`: a copy of the database, while the daemon runs or not.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the database to a file, while the daemon runs or not.",
        discussion: """
            The copy is the database as it is at one moment; publishing goes on. It is checked before it gets its name, \
            and only this user may read it: it has the accounts, and hashes of passwords and tokens. The machine's own \
            local-token is not in it.

            Examples:
              articled backup /backups/articles-$(date +%F).sqlite
              articled backup --force /backups/latest.sqlite
              articled check --file /backups/latest.sqlite
            """)

    @Argument(help: "Where the copy goes.")
    var file: String

    @Flag(help: "Replace the file if it is there, once the copy is complete.")
    var force = false

    @OptionGroup var location: DatabaseLocation

    private static let instead =
        "Redis makes its own backups: BGSAVE, or a copy of its append-only files. See docs/operations.md."

    func run() throws {
        let source = try location.database(instead: Self.instead)
        try refuseDatabase(source)
        if !force, FileManager.default.fileExists(atPath: file) { throw StoreError.alreadyThere(file) }
        let progress = TerminalProgress("Backing up")
        let pending = try PendingFile(for: file)
        do {
            try DatabaseCopy(source: source).write(to: pending.path, progress: progress.update)
            progress.finish()
            try verify(pending.path, of: source)
            try pending.publish(replacing: force)
        } catch is TerminalProgress.Interrupted {
            progress.finish()
            pending.discard()
            ListOutput.say("Interrupted: there is no backup.")
            throw ExitCode(Interruption.exitStatus)
        } catch {
            progress.finish()
            pending.discard()
            throw error
        }
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        ListOutput.say("Backed up to \(file) (\(SizeText(size ?? 0))).")
    }

    private func refuseDatabase(_ source: String) throws {
        var (old, new) = (stat(), stat())
        guard stat(source, &old) == 0, stat(file, &new) == 0, old.st_dev == new.st_dev, old.st_ino == new.st_ino else {
            return
        }
        throw StoreError(code: .inaccessible, message: "\(file) is the database itself. Choose another name.")
    }

    /// A copy that can't be restored is none.
    private func verify(_ copy: String, of source: String) throws {
        let problems: [String]
        do {
            let queue = try DatabaseCopy.open(copy)
            defer { try? queue.close() }
            problems = try queue.read { database in
                let problems = try DatabaseCheck.wholeness(database).flatMap(\.problems)
                if problems.isEmpty { _ = try DatabaseCheck.knownShape(database, path: source) }
                return problems
            }
        } catch let error as DatabaseError {
            // Too damaged even to be looked at.
            problems = [error.message ?? "\(error.resultCode)"]
        }
        guard problems.isEmpty else {
            throw StoreError(
                code: .corrupt,
                message: "The copy is damaged, and so perhaps is the database: \(problems.joined(separator: "; ")). "
                    + "Run articled check. There is no backup.")
        }
    }
}
