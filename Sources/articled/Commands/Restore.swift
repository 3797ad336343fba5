import ArgumentParser
import Console
import Foundation

/// `articled restore`: a backup becomes the database.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the database; the daemon must be stopped.",
        discussion: """
            The backup is checked first. The database that was there is kept beside it, with "replaced" and the time in \
            its name. Subscribers who have seen more than the backup has are told when they come again (reset forked). \
            Accounts, tokens and passwords are those of the backup; everybody must log in again.

            Example:
              systemctl stop articled
              articled restore /backups/latest.sqlite
              systemctl start articled
            """)

    @Argument(help: "What articled backup has made.")
    var file: String

    @OptionGroup var location: DatabaseLocation

    private static let instead =
        "Stop Redis, give it its own backup (dump.rdb or the append-only files), and start it: nodes notice, and tell "
        + "their subscribers. See docs/operations.md."

    func run() throws {
        let path = try location.dataDirectory(instead: Self.instead)
        guard FileManager.default.fileExists(atPath: file) else {
            throw StoreError(code: .inaccessible, message: "There is no file \(file).")
        }
        let directory = try DataDirectory(path)
        defer { withExtendedLifetime(directory) {} }
        let progress = TerminalProgress("Restoring")
        let result: Restoration.Result
        do {
            result = try Restoration(backup: file, directory: directory).run(at: Date(), progress: progress.update)
            progress.finish()
        } catch is TerminalProgress.Interrupted {
            progress.finish()
            ListOutput.say("Interrupted: the database is what it was.")
            throw ExitCode(Interruption.exitStatus)
        } catch {
            progress.finish()
            throw error
        }
        ListOutput.say(
            "Restored \(CountText(result.contents.articles, "article")), up to \(result.contents.newest), into "
                + "\(directory.databaseFile)."
        )
        if let replaced = result.replaced { ListOutput.say("What was there before is \(replaced).") }
        ListOutput.say("Accounts and tokens are those of the backup: revoke again what was revoked since.")
    }
}
