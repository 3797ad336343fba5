import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Writes lists: aligned columns with a heading on a terminal, tabs between elsewhere.
enum ListOutput {
    static func write(_ heading: [String], _ rows: [[String]]) {
        guard isatty(STDOUT_FILENO) == 1 else {
            return write(rows.map { $0.joined(separator: "\t") })
        }
        let widths = heading.indices.map { column in
            ([heading] + rows).map { $0[column].count }.max() ?? 0
        }
        write(
            ([heading] + rows).map { row in
                var line = ""
                for (column, text) in row.enumerated() {
                    let isLast = column == row.count - 1
                    line += isLast ? text : text.padding(toLength: widths[column] + 2, withPad: " ", startingAt: 0)
                }
                return line
            })
    }

    static func write(_ json: JSONValue) {
        write([String(decoding: json.bytes, as: UTF8.self)])
    }

    static func write(_ lines: [String]) {
        FileHandle.standardOutput.write(Data(lines.map { $0 + "\n" }.joined().utf8))
    }

    /// On standard error, where messages belong.
    static func say(_ message: String) {
        FileHandle.standardError.write(Data("\(message)\n".utf8))
    }
}
