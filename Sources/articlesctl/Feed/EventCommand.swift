import Foundation

/// A program that is run for each event, with the event's members in its environment.
struct EventCommand {
    /// A program, or with a shell a command line.
    let command: String
    let arguments: [EventTemplate]
    let usesShell: Bool

    /// Runs it and waits for its end.
    ///
    /// - Returns: what went wrong; `nil` if it ended with status 0.
    func run(_ members: EventMembers) -> String? {
        let process = Process()
        // env finds the program as a shell would, and is none.
        process.executableURL = URL(fileURLWithPath: usesShell ? "/bin/sh" : "/usr/bin/env")
        let words = arguments.map { $0.text(members).replacing("\0", with: "\u{2400}") }
        process.arguments = usesShell ? ["-c", command, "sh"] + words : ["--", command] + words
        process.environment = ProcessInfo.processInfo.environment.merging(members.environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return "\(command) can't be started: \(error.localizedDescription)"
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        guard status != 0 || process.terminationReason != .exit else { return nil }
        return "\(command) failed with status \(status) for article \(members["id"])"
    }
}
