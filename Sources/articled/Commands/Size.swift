import ArgumentParser
import Console
import Core
import Foundation
import GRDB
import NIOCore

/// `articled size`: measures the machine and says what to set.
struct Size: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine for a minute, and print flags for it.",
        discussion: """
            Stores articles in a directory of its own beside the data, which it removes again, and sends frames to \
            itself. A daemon that runs meanwhile is not touched, but slowed down, and spoils the figures. What each \
            flag is for is in docs/operations.md.

            Examples:
              articled size
              articled size --data-dir /srv/articles --article 16000
              articled serve $(articled size --quiet)
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "Where articles will be kept, for its disk is what is measured. (default: $ARTICLED_DATA_DIR, the file of --config, the packaged daemon's for root and its account, $XDG_DATA_HOME/articled or ~/.local/share/articled)",
            valueName: "path"))
    var dataDir: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to measure.", valueName: "time"))
    var span = TimeSpan(.seconds(60))

    @Option(help: ArgumentHelp("Length of a usual article, in bytes.", valueName: "bytes"))
    var article = 1000

    @Flag(help: "Write JSON, with all figures.")
    var json = false

    @Flag(help: "Write the flags alone, for a command line.")
    var quiet = false

    /// What a frame has besides the text, in bytes.
    private static let envelope = 300
    /// What means nothing to a shell, besides letters and digits.
    private static let plainSigns = Set("/.-_+@%,:".utf8)

    func validate() throws {
        guard span.amount >= .milliseconds(300), span.amount <= .hours(1) else {
            throw ValidationError("--for must be from 300ms to 1h.")
        }
        guard (1...64 * 1024).contains(article) else { throw ValidationError("--article must be from 1 to 65536.") }
        if json, quiet { throw ValidationError("Use either --json or --quiet.") }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let place = PackagedData().resolved(file: file.config, dataDirectory: dataDir, environment: environment)
        let settings = try SettingSources(environment: environment, file: place.file).values(of: ["data-dir"])
        let path = dataDir ?? settings["data-dir"] ?? place.dataDirectory
        if !json, !quiet { ListOutput.say("Measuring for \(span.defaultValueDescription): \(path)") }
        let found = try measure(beside: path)
        let recommendation = Recommendation(found)
        if json {
            ListOutput.write(.object(found.members + recommendation.members))
        } else if quiet {
            ListOutput.write([recommendation.flags.map { "\($0.name) \($0.value)" }.joined(separator: " ")])
        } else {
            ListOutput.write(text(found, recommendation))
        }
    }

    /// A third of the time for each: commits alone, commits together, sends.
    private func measure(beside path: String) throws -> Measurements {
        Interruption.watch()
        let third = Duration.nanoseconds(span.amount.nanoseconds / 3)
        let scratch = path + "/size-\(UUID().uuidString)"
        // The data directory is made too if it is not there, as `serve` would.
        let existed = FileManager.default.fileExists(atPath: path)
        defer {
            try? FileManager.default.removeItem(atPath: scratch)
            if !existed { rmdir(path) }
        }
        let directory = try DataDirectory(scratch)
        let store = try SQLiteStore.open(in: directory)
        defer { withExtendedLifetime(directory) {} }
        do {
            let probe = CommitProbe(store: store, body: String(repeating: "x", count: article))
            let alone = try probe.articlesPerSecond(batch: 1, for: third)
            let together = try probe.articlesPerSecond(batch: 64, for: third)
            try store.close()
            let sends = try SendProbe(frame: article + Self.envelope).framesPerSecond(for: third)
            if Interruption.isAsked { throw ExitCode(Interruption.exitStatus) }
            return Measurements(
                machine: .current(cores: System.coreCount), articleBytes: article, alone: alone, together: together,
                sends: sends)
        } catch let error as DatabaseError {
            throw StoreError(opening: directory.databaseFile, error)
        } catch let error as POSIXError {
            throw StoreError(
                code: .inaccessible,
                message: "The loopback interface can't be measured: \(String(cString: strerror(error.code.rawValue))).")
        }
    }

    /// The directory that was named, so that the command line can be used as it is.
    private var place: String {
        guard let dataDir else { return "" }
        let isPlain = dataDir.utf8.allSatisfy {
            ($0 | 32) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 || Self.plainSigns.contains($0)
        }
        return " --data-dir " + (isPlain ? dataDir : "'" + dataDir.replacing("'", with: "'\\''") + "'")
    }

    private func text(_ found: Measurements, _ recommendation: Recommendation) -> [String] {
        let machine = found.machine
        let width = recommendation.flags.map { $0.name.count + $0.value.count }.max() ?? 0
        return [
            "\(machine.cores) cores, \(machine.memory / 1024 / 1024) MiB of memory available, "
                + "\(machine.openFiles) open files; articles of \(found.articleBytes) bytes.",
            "",
        ] + recommendation.notes + ["", recommendation.commandLine + place, ""]
            + recommendation.flags.map { flag in
                let gap = String(repeating: " ", count: width - flag.name.count - flag.value.count)
                return "  \(flag.name) \(flag.value)\(gap)  \(flag.reason)"
            }
    }
}
