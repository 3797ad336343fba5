import Core
import Foundation

/// Files that a report goes into.
enum ReportFile {
    /// Before a long run: whether they can be written at all.
    static func check(_ paths: [String?]) throws {
        for path in paths.compactMap({ $0 }) {
            let place = FileManager.default.fileExists(atPath: path) ? path : FilePath.directory(of: path)
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            guard !isDirectory.boolValue, FileManager.default.isWritableFile(atPath: place) else {
                throw CommandFailure(.noInput, "The file \(path) can't be written.")
            }
        }
    }

    static func write(_ text: String, to path: String, _ option: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .failed, "The file \(path) can't be written (\(option)): \(error.localizedDescription)")
        }
    }
}
