import Core
import Foundation

/// Keeps a place of the feed between runs.
struct CursorFile {
    let path: String

    /// The place; `nil` if there is no file yet.
    func read() throws -> Core.Cursor? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure(.noInput, "The file \(path) can't be read (--state).")
        }
        guard let cursor = Core.Cursor(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CommandFailure(
                .badData, "The file \(path) does not hold a cursor such as 42-9c1e7a3b (--state).",
                "Remove it to begin with the latest articles.")
        }
        return cursor
    }

    /// Whoever is interrupted leaves the old place or the new one.
    func write(_ cursor: Core.Cursor) throws {
        do {
            try Data("\(cursor)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.failed, "The file \(path) can't be written (--state): \(error.localizedDescription)")
        }
    }
}
