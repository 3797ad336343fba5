import ArgumentParser
import Core
import Foundation
import GRDB

/// `articled check`: whether the database is whole.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the database, or a backup; the daemon may run.",
        discussion: """
            Reads everything and writes nothing: pages and indexes, references, and whether events, terms, cursors and \
            articles agree. Ends with 0 if all is well, else with 1.

            Examples:
              articled check
              articled check --file /backups/latest.sqlite
              articled check --json | jq .problems
            """)

    @Option(help: ArgumentHelp("Check this file instead of the daemon's database.", valueName: "path"))
    var file: String?

    @Flag(help: "Write JSON.")
    var json = false

    @OptionGroup var location: DatabaseLocation

    private static let instead =
        "Redis' own files are checked with redis-check-rdb and redis-check-aof; /readyz and /api/status say how it is."

    func run() throws {
        let path = try file ?? location.database(instead: Self.instead)
        let (findings, contents): ([DatabaseCheck.Finding], DatabaseCheck.Contents?)
        do {
            let queue = try DatabaseCopy.open(path)
            defer { try? queue.close() }
            (findings, contents) = try DatabaseCheck.run(queue, path: path)
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            // Too damaged even to be looked at.
            let problem = error.message ?? "the file is damaged"
            (findings, contents) = ([DatabaseCheck.Finding(name: "file", problems: [problem])], nil)
        } catch let error as DatabaseError {
            throw StoreError(reading: path, error)
        }
        let count = findings.reduce(0) { $0 + $1.problems.count }
        if json {
            ListOutput.write(Self.json(path, findings, contents))
        } else {
            ListOutput.write(Self.lines(path, findings, contents))
        }
        guard count == 0 else {
            ListOutput.say(
                "articled: \(path) has problems. Keep a copy of it, and restore a backup (articled restore FILE).")
            throw ExitCode.failure
        }
    }

    private static func lines(
        _ path: String, _ findings: [DatabaseCheck.Finding], _ contents: DatabaseCheck.Contents?
    ) -> [String] {
        var lines = [path]
        for finding in findings {
            lines.append("  \(finding.problems.isEmpty ? "ok  " : "BAD ")  \(finding.name)")
            lines += finding.problems.map { "          \($0)" }
        }
        if let contents {
            let range = contents.events == 0 ? "" : " from \(contents.oldestSeq)"
            lines += [
                "  \(CountText(contents.articles, "article")), \(CountText(contents.events, "event"))\(range) up to "
                    + "\(contents.newest), \(CountText(contents.accounts, "account")), "
                    + "\(CountText(contents.tokens, "token"))",
                "  \(SizeText(contents.bytes)), of which \(SizeText(contents.unusedBytes)) are unused",
            ]
        } else if findings.allSatisfy(\.problems.isEmpty) {
            lines.append("  It is of an older version; the next start brings it up to date.")
        }
        return lines
    }

    private static func json(
        _ path: String, _ findings: [DatabaseCheck.Finding], _ contents: DatabaseCheck.Contents?
    ) -> JSONValue {
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        let problems = findings.flatMap { finding in
            finding.problems.map { problem in
                JSONValue.object([JSONMember("check", .string(finding.name)), JSONMember("problem", .string(problem))])
            }
        }
        var members = [
            JSONMember("path", .string(path)), JSONMember("checks", .array(findings.map { .string($0.name) })),
            JSONMember("problems", .array(problems)),
        ]
        if let contents {
            members += [
                JSONMember("articles", number(contents.articles)), JSONMember("events", number(contents.events)),
                JSONMember("oldest", .integer(contents.oldestSeq)),
                JSONMember("cursor", .string(contents.newest.description)),
                JSONMember("accounts", number(contents.accounts)), JSONMember("tokens", number(contents.tokens)),
                JSONMember("bytes", number(contents.bytes)), JSONMember("unused_bytes", number(contents.unusedBytes)),
            ]
        }
        return .object(members)
    }
}
