import ArgumentParser
import Core
import Foundation

/// `articlesctl bench compare`
struct CompareReports: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show two reports of bench --json beside each other.",
        discussion: "What was different about the two runs is said on standard error, for then figures say little.")

    @Argument(help: "The earlier report; \"-\" is standard input.")
    var before: String

    @Argument(help: "The later one.")
    var after: String

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let comparison = ReportComparison(try Self.report(before), try Self.report(after))
        if json {
            Output.json(comparison.json.bytes)
        } else {
            Output.row(["figure", "before", "after", "change"])
            for row in comparison.rows {
                Output.row([row.name, Self.text(row.before), Self.text(row.after), Self.change(row)])
            }
        }
        if !comparison.differences.isEmpty {
            Output.message([
                "The runs differ: "
                    + comparison.differences.map { "\($0.name) \($0.before) and \($0.after)" }.joined(separator: ", ")
            ])
        }
    }

    private static func report(_ path: String) throws -> JSONValue {
        let data: Data?
        do {
            data =
                path == "-"
                ? try FileHandle.standardInput.readToEnd()
                : try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd()
        } catch {
            throw CommandFailure(.noInput, "The report \(path) can't be read.")
        }
        guard let report = try? JSONParser.parse(Array(data ?? Data())), report["latency_ms"] != nil else {
            throw CommandFailure(.badData, "\(path) is no report of articlesctl bench --json.")
        }
        return report
    }

    private static func text(_ number: Double?) -> String {
        guard let number else { return "-" }
        return Milliseconds.fixed(number, number == number.rounded() ? 0 : 3)
    }

    private static func change(_ row: ReportComparison.Row) -> String {
        guard let change = row.change else { return row.before == row.after ? "=" : "" }
        return change == 0 ? "=" : (change > 0 ? "+" : "") + Milliseconds.fixed(change * 100, 1) + " %"
    }
}
